"""`hydrachat up` as a process of a test's own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import wait_until

PATIENCE = 30.0


class UpProcess:
    """A running `hydrachat up`; `lines` is what it printed so far (stdout and stderr)."""

    def __init__(self, base: int, data: Path, *flags: str, env: Mapping[str, str] | None = None) -> None:
        self.base = base
        self.data = data
        self.lines: list[str] = []
        words = ["--port", str(base), "--data", str(data), *flags]
        data.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hydrachat", "up", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=data.parent,
            env={**os.environ, "XDG_STATE_HOME": str(data.parent / "state"), **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, name="read-up", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is not None:
            with self.process.stdout as output:
                for line in output:
                    self.lines.append(line.rstrip("\n"))

    def wait_line(self, pattern: str, after: int = 0, timeout: float = PATIENCE) -> int:
        """Waits for a line that `pattern` is found in, from line `after` on; returns the next line's number."""

        def found() -> int:
            numbers = range(after, len(self.lines))
            return next((n + 1 for n in numbers if re.search(pattern, self.lines[n])), 0)

        try:
            return wait_until(found, timeout, pattern)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said:\n" + "\n".join(self.lines)) from None

    def children(self) -> list[int]:
        """Process ids of its children."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in text.split()]

    def child(self, *words: str) -> int:
        """Process id of the child whose command line contains each of `words`."""
        for pid in self.children():
            line = Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
            if all(word in line for word in words):
                return pid
        raise AssertionError(f"no child with {words}")

    def end(self, number: int = signal.SIGTERM, timeout: float = PATIENCE) -> int:
        """Sends a signal and waits for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = PATIENCE) -> int:
        """Waits until it ends by itself; returns the exit code."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def close(self) -> None:
        """Ends it by force if it still runs; its children are on a leash."""
        self.process.kill()
        self.wait()


@contextmanager
def running(base: int, data: Path, *flags: str, env: Mapping[str, str] | None = None) -> Iterator[UpProcess]:
    """A `hydrachat up` on `base`; gone after the block."""
    up = UpProcess(base, data, *flags, env=env)
    try:
        yield up
    finally:
        up.close()
