"""Real processes: started on a leash, stopped, killed, frozen by their own pid, with their output in a file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from drill.processes.launcher import Launcher, Started
from drill.processes.waiting import wait_until

GRACEFUL = 15.0
# By its path and without site-packages: a quarter less than with `-m`, at each start of anything.
LEASH = Path(__file__).resolve().parents[2] / "cluster" / "up" / "leash.py"


def leash() -> list[str]:
    """The words before a program's own: the kernel kills it when the thread that starts it ends."""
    return [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]


class Process:
    """One program that can be run again under the same arguments. By one thread at a time, but for what only looks.

    Without a `launcher` it lives as long as the thread that started it."""

    def __init__(self, name: str, argv: Sequence[str], folder: Path, launcher: Launcher | None = None) -> None:
        self.name = name
        self.argv = list(argv)
        self.folder = folder
        self.output = folder / f"{name}.log"
        self._launcher = launcher
        self._child: Started | None = None

    def start(self) -> None:
        """Starts it (anew); the kernel kills it when we die. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child = self._launcher.launch(self._launch) if self._launcher else self._launch()

    def _launch(self) -> Started:
        words = [*leash(), *self.argv]
        with self.output.open("ab") as output:
            return subprocess.Popen(
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
        """Of the last start. Raises ProcessLookupError if there was none."""
        if self._child is None:
            raise ProcessLookupError(f"{self.name} was not started")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Frozen counts as alive. Any thread."""
        return self._child is not None and self._child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens if it is dead already."""
        if self._child is not None:
            self._child.send_signal(number)

    def freeze(self) -> None:
        """It stands still, its connections stay; returns when it does. Raises TimeoutError."""
        self.signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.pid}/task")
        wait_until(lambda: all(_stopped(task) for task in stat.iterdir()), what=f"{self.name} stands still")

    def thaw(self) -> None:
        """The reverse."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Dead at once, without a word. Raises TimeoutError."""
        self.signal(signal.SIGKILL)
        self.wait()

    def terminate(self, within: float = GRACEFUL) -> int:
        """The polite way. Returns the exit code. Raises TimeoutError."""
        self.signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: float = GRACEFUL) -> int:
        """Its exit code. Raises TimeoutError."""
        if self._child is None:
            raise ProcessLookupError(f"{self.name} was not started")
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} did not end within {within:g} s") from None

    def discard(self) -> None:
        """Whatever state it is in: nothing of its group is left. Idempotent. Raises TimeoutError if the kernel
        does not let go of it."""
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self.wait(10)

    def resident(self) -> int:
        """Bytes of memory in use. Raises OSError if it does not run."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(sizes[0]) * 1024 if sizes else 0

    def obituary(self) -> str:
        """For one that is dead although nobody killed it."""
        return f"{self.name} had ended by itself:\n{self.tail(10)}"

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
