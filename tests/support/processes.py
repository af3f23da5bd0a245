"""Real processes: started on a leash, stopped, killed, frozen by their own pid, with their output in a file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cluster.up import leash
from tests.support.waiting import wait_until

GRACEFUL = 15.0


class Process:
    """One program that can be run again under the same arguments. Not for threads: the test's own only."""

    def __init__(self, name: str, argv: Sequence[str], folder: Path) -> None:
        self.name = name
        self.argv = list(argv)
        self.folder = folder
        self.output = folder / f"{name}.log"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it (anew); the kernel kills it when the tests die."""
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *self.argv]
        with self.output.open("ab") as output:
            self._child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=environment(),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._child is not None, f"{self.name} was not started"
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """It stands still, its connections stay; returns when it does."""
        self.signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.pid}/task")
        wait_until(lambda: all(_stopped(task) for task in stat.iterdir()), what=f"{self.name} stands still")

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Dead at once, without a word."""
        self.signal(signal.SIGKILL)
        self.wait()

    def terminate(self, within: float = GRACEFUL) -> int:
        """The polite way. Returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: float = GRACEFUL) -> int:
        """Its exit code; fails if it does not end in time."""
        assert self._child is not None
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {within:g} s") from None

    def discard(self) -> None:
        """Whatever state it is in: no process is left. Idempotent."""
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(10)

    def tail(self, lines: int = 40) -> str:
        """The end of what it wrote."""
        text = self.output.read_text("utf-8", "replace") if self.output.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def environment() -> dict[str, str]:
    """Ours, without settings of Hydrachat."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HYDRACHAT_")}


def _stopped(task: Path) -> bool:
    with contextlib.suppress(OSError):
        return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"
    return True
