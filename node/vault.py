"""Passwords: hashed and compared, by few threads at a time.

One hash takes some 30 ms of a processor and 19 MB, on purpose (argon2id, as the OWASP password storage cheat sheet has
it): whoever could make a node do many at once could stop it. So two threads do nothing else, a short line waits for
them, and whoever finds it full is told to come back; of its second half nobody gets more than his share. Waiting costs
a client its own thread only; nothing is locked.
"""

from __future__ import annotations

import hmac
import threading
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from argon2.exceptions import InvalidHashError, VerificationError

from cluster.hashing import hasher
from node.hands import Hands

AT_ONCE, LINE = 2, 32
SHARE = 4
"""Of one address, once the line is half full: who logs in again and again, also with right passwords, leaves room."""

T = TypeVar("T")


class Busy(Exception):
    """The line is full: nothing was hashed."""


class Gone(Exception):
    """Who asked has hung up meanwhile."""


class Vault:
    """`verify`, `hash` and `stop`: any thread, the first two block; `run` is the loop of each of `AT_ONCE` threads."""

    def __init__(self, line: int = LINE) -> None:
        self._hasher = hasher()
        self._hands = Hands(AT_ONCE)
        self._line = line
        # Guards `_inside` and `_of`: connections' threads come and go.
        self._lock = threading.Lock()
        self._inside = 0
        self._of: Counter[str] = Counter()  # whose passwords are inside
        self._nobodys = ""  # compared with where there is no account, so that no answer comes sooner for that

    def run(self) -> None:
        self._make_nobodys()
        self._hands.run()

    def stop(self) -> None:
        """Ends the loops. Idempotent."""
        self._hands.stop()

    def verify(self, hashed: str | None, password: str, gone: Callable[[], bool], whose: str = "") -> bool:
        """Whether `password` is the one of `hashed`; None: there is none, which takes as long. `gone`: whether the
        answer interests nobody any more. `whose`: the address that asks. Raises Busy, Gone."""
        return self._do(lambda: self._fits(hashed, password), gone, whose) and hashed is not None

    def hash(self, password: str, gone: Callable[[], bool], whose: str = "") -> str:
        """In PHC form. Raises Busy, Gone."""
        return self._do(lambda: self._hasher.hash(password), gone, whose)

    @property
    def waiting(self) -> int:
        """How many passwords are being looked at, or wait for it."""
        return self._inside

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made by other rules than the present ones."""
        return self._hasher.check_needs_rehash(hashed)

    def _fits(self, hashed: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(self._make_nobodys() if hashed is None else hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _make_nobodys(self) -> str:
        # Two threads may make one each: either will do.
        self._nobodys = self._nobodys or self._hasher.hash("")
        return self._nobodys

    def _enter(self, whose: str) -> None:
        """Raises Busy."""
        with self._lock:
            over_share = self._of.get(whose, 0) >= SHARE and self._inside - AT_ONCE >= self._line // 2
            if self._inside >= AT_ONCE + self._line or over_share:
                raise Busy
            self._inside += 1
            self._of[whose] += 1

    def _leave(self, whose: str) -> None:
        with self._lock:
            self._inside -= 1
            self._of[whose] -= 1
            if not self._of[whose]:
                del self._of[whose]

    def _do(self, act: Callable[[], T], gone: Callable[[], bool], whose: str) -> T:
        done: list[T] = []

        def unless_gone() -> None:
            if not gone():
                done.append(act())

        self._enter(whose)
        try:
            self._hands.do(unless_gone)
        finally:
            self._leave(whose)
        if not done:
            raise Gone
        return done[0]


def same_secret(given: str, secret: str) -> bool:
    """Compares two secrets in a time that tells nothing of where they differ, nor how long they are. Pure."""
    return hmac.compare_digest(sha256(given.encode()).digest(), sha256(secret.encode()).digest())
