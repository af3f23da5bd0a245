"""The process that hashes, as its node has it: started when it is first needed, and again when it has died."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from typing import Any

from node.hasher import Here
from node.logs import Log

PATIENCE = 20.0
"""Seconds for an answer; one that stands still for longer is ended, and another one asked."""
_COMMAND = (sys.executable, "-P", "-m", "node.hasher")


class Apart:
    """A `Hasher`. `hash`, `verify`, `close`: one thread, which blocks. `stop`: any thread.

    Where there can be no such process (no memory or descriptors are left) the node hashes for itself: nobody is kept
    from his name for that."""

    patience = PATIENCE

    def __init__(self, log: Log) -> None:
        self._log = log
        self._here: Here | None = None
        # Guards what follows: who asks meets who stops. Held over nothing that blocks.
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def hash(self, password: str) -> str:
        return str(self._ask([password]))

    def verify(self, hashed: str | None, password: str) -> bool:
        return bool(self._ask([hashed, password]))

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return process.pid if process else None

    def stop(self) -> None:
        """Ends the process, which wakes who waits for it; no other one is started. Idempotent."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Lets go of the process. Idempotent."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes its pipes, and waits for its end
                pass

    def _ask(self, words: list[str | None]) -> Any:
        question = json.dumps(words).encode() + b"\n"
        for _ in range(2):
            try:
                return self._answer(question)
            except (OSError, ValueError) as error:
                self.close()
                if self._stopped:
                    break
                self._log.warning("hasher_lost", reason=str(error))
        return self._asked_here(words)

    def _answer(self, question: bytes) -> Any:
        """Raises OSError, ValueError."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(question)  # less than a pipe takes at once
        ready = select.poll()
        ready.register(process.stdout, select.POLLIN)
        patience = self.patience
        if not ready.poll(patience * 1000):
            raise TimeoutError(f"no answer within {patience:g} s")
        line = process.stdout.readline()
        if not line:
            raise BrokenPipeError("it has ended")
        return json.loads(line)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_environment(),
        )
        with self._lock:
            self._process, stopped = process, self._stopped
        if stopped:
            raise BrokenPipeError("the node leaves")
        return process

    def _asked_here(self, words: list[str | None]) -> Any:
        here = self._here = self._here or Here()
        *hashed, password = words
        assert password is not None
        return here.verify(hashed[0], password) if hashed else here.hash(password)


def _environment() -> dict[str, str]:
    """Ours, without Hydrachat's part, where secrets may be."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HYDRACHAT_")}
