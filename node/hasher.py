"""What hashes passwords, and the process in which it does: `python -m node.hasher`.

A process of its own, so that the kernel can give it less of the machine than those who talk: a hash takes 30 ms of a
core and 19 MiB. A thread of low priority would not do, since it might be stopped while it holds the interpreter.
A line in, a line out, as JSON; it ends when nobody can ask any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from typing import Protocol

from argon2.exceptions import InvalidHashError, VerificationError

from cluster.hashing import hasher

NICE = 10
"""Steps behind those who talk: the weight of a tenth of one of them where all cores are busy, all of a core where one
is idle."""


class Hasher(Protocol):
    """One thread at a time; both block."""

    def hash(self, password: str) -> str:
        """In PHC form."""

    def verify(self, hashed: str | None, password: str) -> bool:
        """Whether `password` is the one of `hashed`; None: there is none, which takes as long."""


class Here:
    """On the thread that asks."""

    def __init__(self) -> None:
        self._hasher = hasher()
        self._nobodys = self._hasher.hash("")  # compared with where there is no account, so that no answer comes sooner

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        try:
            fits = self._hasher.verify(self._nobodys if hashed is None else hashed, password)
        except (VerificationError, InvalidHashError):
            return False
        return fits and hashed is not None


def main() -> None:
    """Until the end of its input. Signals are for the node: whoever ends it, ends this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    stand_back()
    here = Here()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer = here.hash(asked[0]) if len(asked) == 1 else here.verify(asked[0], asked[1])
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def stand_back() -> None:
    """Others go first, and are not interrupted for this. Where that is not allowed all goes on as it is."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
