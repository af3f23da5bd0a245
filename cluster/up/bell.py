"""How other commands on this machine find a running `up`, and ring for nodes that left by order to be started again.

The file is locked for as long as `up` lives: a number that was left behind is never taken for a process."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cluster.operator.url import state_folder
from cluster.up.folder import MODE
from cluster.up.plan import Plan

RING = signal.SIGUSR1


@dataclass(frozen=True, slots=True)
class Running:
    """An `up` that runs. `nodes`: how many it keeps."""

    base_port: int
    pid: int
    nodes: int

    @property
    def names(self) -> list[str]:
        return [f"n{number}" for number in range(1, self.nodes + 1)]

    def ring(self) -> bool:
        """Asks it to start who left by order. False: it has ended."""
        if find(self.base_port) != self:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.pid, RING)
        return True


def place(base_port: int) -> Path:
    """The file of the `up` with that base port."""
    return state_folder(base_port) / "up"


@contextmanager
def hung(plan: Plan) -> Iterator[None]:
    """While the block runs this process answers to `RING`; it must handle that signal already."""
    held = -1
    with suppress(OSError, RuntimeError):  # only a convenience: without it `restart-all` finds nobody
        held = _hang(place(plan.base_port), f"{os.getpid()} {plan.nodes}\n")
    try:
        yield
    finally:
        if held >= 0:
            with suppress(OSError):
                place(plan.base_port).unlink(missing_ok=True)
            os.close(held)


def _hang(file: Path, text: str) -> int:
    file.parent.mkdir(mode=MODE, parents=True, exist_ok=True)
    new = file.with_name(f"up.{os.getpid()}")
    held = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(held, text.encode())
        new.rename(file)  # whoever reads finds it locked and filled
    except OSError:
        os.close(held)
        raise
    return held


def find(base_port: int) -> Running | None:
    """The `up` that runs with that base port on this machine, under this user."""
    try:
        with place(base_port).open() as file:
            if not _is_locked(file.fileno()):
                return None
            pid, nodes = file.read().split()
            return Running(base_port, int(pid), int(nodes))
    except (OSError, RuntimeError, ValueError):
        return None


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
