"""One child process and the thread that reads what it says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cluster.up.logfile import LogFile
from cluster.up.plan import Spec

LEASH = Path(__file__).with_name("leash.py")
LONGEST_LINE = 64 * 1024
REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A line that a child wrote."""

    child: Child
    line: bytes


@dataclass(frozen=True, slots=True)
class Exited:
    """A child is dead. `code`: as subprocess has it, negative for a signal."""

    child: Child
    code: int


class Child:
    """A started process.

    Must be made by the main thread: the leash is tied to the thread that forks. `tell` is called on
    the reader's thread, with Said for each line and at last with exactly one Exited; it must not
    block, since a reader that waits makes the child wait. The reader's waker is the end of the
    child's output, which comes with its death; the supervisor notices its end by Exited.
    """

    def __init__(self, spec: Spec, tell: Callable[[Said | Exited], None], log: LogFile) -> None:
        self.spec = spec
        self.tail: deque[bytes] = deque(maxlen=REMEMBERED)
        self._tell = tell
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *spec.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**clean_environment(), **dict(spec.environment)},
            process_group=0,  # a Ctrl-C in the terminal is ours alone: we stop them in order
        )
        self._reader = threading.Thread(target=self._read, name=f"read-{spec.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        """Sends a signal; nothing happens if the process is dead already. Any thread."""
        self._process.send_signal(number)

    def join(self, timeout: float) -> None:
        """Waits for the reader, after the death of the process."""
        self._reader.join(timeout)

    def _read(self) -> None:
        output = self._process.stdout
        try:
            if output is not None:
                with output:
                    self._read_lines(output)
        finally:
            self._log.close()
            self._tell(Exited(self, self._process.wait()))

    def _read_lines(self, output: IO[bytes]) -> None:
        while line := output.readline(LONGEST_LINE):
            self.tail.append(line)
            self._log.write(line)
            self._tell(Said(self, line))


def clean_environment() -> dict[str, str]:
    """Our environment without Hydrachat's settings: children get explicit flags only."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HYDRACHAT_")}
