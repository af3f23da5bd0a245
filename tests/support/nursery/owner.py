"""The worker's side of the nursery."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FORKED = Path(__file__).with_name("forked.py")
VARIABLES = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "MALLOC_")
"""What these begin is read when a process starts."""
LARGEST = 4096


class Born:
    """A node: what `subprocess.Popen` tells and does of its child. Any thread."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        with self._nursery.lock:
            if self._code is None:
                self._code = self._nursery.ask(pid=self.pid)["code"]
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(f"node {self.pid}", timeout or 0)
            self._await(left)
        return code

    def send_signal(self, sig: int) -> None:
        """Nothing happens if it is dead already."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def _await(self, within: float | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            watched = os.pidfd_open(self.pid)
            try:
                poll = select.poll()
                poll.register(watched, select.POLLIN)
                poll.poll(None if within is None else within * 1000)
            finally:
                os.close(watched)


class Nursery:
    """One process of `forked.py`, which ends with us. `lock`: threads of a test meet there, each with an order and the
    answer to it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.environment = read_at_start(os.environ)
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", str(FORKED), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={name: value for name, value in os.environ.items() if not name.startswith("HYDRACHAT_")},
                start_new_session=True,
            )

    def bear(self, words: Sequence[str], folder: Path, output: Path) -> Born:
        """A new node. Raises RuntimeError if the nursery is dead."""
        pid = self.ask(words=list(words), folder=str(folder), output=str(output))["pid"]
        return Born(self, pid)

    def ask(self, **order: Any) -> dict[str, Any]:
        """Raises RuntimeError if the nursery is dead."""
        with self.lock:
            self._orders.send(json.dumps(order).encode())
            answer = self._orders.recv(LARGEST)
        if not answer:
            raise RuntimeError(f"the nursery has ended: {self.process.poll()}")
        return dict(json.loads(answer))

    def close(self) -> None:
        """With all that it bore."""
        self._orders.close()
        self.process.wait(10)


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """What no fork can change any more."""
    return {name: value for name, value in environment.items() if name.startswith(VARIABLES)}


@cache
def _nursery() -> Nursery:
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery


def born(words: Sequence[str], folder: Path, output: Path) -> Born | None:
    """A node with these options; None where it must be started from nothing."""
    nursery = _nursery()
    if nursery.environment != read_at_start(os.environ):
        return None
    return nursery.bear(words, folder, output)
