"""Passwords: hashed and compared, by few at a time.

One hash takes some 30 ms of a processor and 19 MB, on purpose (argon2id, as the OWASP password storage cheat sheet has
it): whoever could make a node do many at once could stop it. So one or two processes of low priority do nothing else
(`apart.py`), a short line waits for them in which addresses take turns, and whoever finds it full is told to come back;
of its second half nobody gets more than his share. Waiting costs a client its own thread only; nothing is locked.
"""

from __future__ import annotations

import hmac
import os
import threading
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from cluster.hashing import hasher
from node.hasher import Hasher
from node.turns import Turns

MANY = 4
"""Cores from which on two passwords are looked at side by side: on fewer that would be most of the machine."""
LINE = 32
SHARE = 4
"""Of one address, once the line is half full: who logs in again and again, also with right passwords, leaves room."""

T = TypeVar("T")


class Busy(Exception):
    """The line is full: nothing was hashed."""


class Gone(Exception):
    """Who asked has hung up meanwhile, or the node leaves."""


class Stoppable(Hasher, Protocol):
    """`stop`: any thread; wakes who waits for it."""

    def stop(self) -> None: ...
    def close(self) -> None: ...


class _Task:
    """`done` is held until it is. (An Event would take twice the stack, see `hands`.)"""

    __slots__ = ("act", "done", "error", "gone", "result")

    def __init__(self, act: Callable[[Hasher], Any], gone: Callable[[], bool]) -> None:
        self.act, self.gone = act, gone
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def carry_out(self, by: Hasher) -> None:
        try:
            self.error = Gone() if self.gone() else None
            self.result = None if self.error else self.act(by)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to who waits for it
            self.error = error
        self.done.release()

    def drop(self) -> None:
        self.error = Gone()
        self.done.release()

    def wait(self) -> Any:
        """Raises what came of it."""
        self.done.acquire()
        error, self.error = self.error, None  # its traceback knows the task: a cycle, and the collector comes rarely
        if error is None:
            return self.result
        try:
            raise error
        finally:
            del error


class Vault:
    """`verify`, `hash` and `stop`: any thread, the first two block; `run` is the loop of each of `at_once` threads.
    `make`: who hashes for one of them."""

    def __init__(self, make: Callable[[], Stoppable], line: int = LINE, at_once: int = 0) -> None:
        """`at_once` 0: as many as this machine is good for."""
        self.at_once = at_once or (2 if (os.cpu_count() or 1) >= MANY else 1)
        self._hashers = [make() for _ in range(self.at_once)]
        self._free = list(self._hashers)
        self._rules = hasher()
        self._turns: Turns[_Task] = Turns()
        self._line = line
        # Guards `_free`, `_inside` and `_of`: connections' threads come and go.
        self._lock = threading.Lock()
        self._inside = 0
        self._of: Counter[str] = Counter()  # whose passwords are inside

    def run(self) -> None:
        with self._lock:
            mine = self._free.pop()
        try:
            while (task := self._turns.take()) is not None:
                task.carry_out(mine)
                del task  # or its connection would live until the next one comes
        finally:
            mine.close()

    def stop(self) -> None:
        """Ends the loops, and what they wait for; who is in the line is let go. Idempotent."""
        for task in self._turns.close():
            task.drop()
        for each in self._hashers:
            each.stop()

    def verify(self, hashed: str | None, password: str, gone: Callable[[], bool], whose: str = "") -> bool:
        """Whether `password` is the one of `hashed`; None: there is none, which takes as long. `gone`: whether the
        answer interests nobody any more. `whose`: the address that asks. Raises Busy, Gone."""
        return self._do(lambda by: by.verify(hashed, password), gone, whose)

    def hash(self, password: str, gone: Callable[[], bool], whose: str = "") -> str:
        """In PHC form. Raises Busy, Gone."""
        return self._do(lambda by: by.hash(password), gone, whose)

    @property
    def waiting(self) -> int:
        """How many passwords are being looked at, or wait for it."""
        return self._inside

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made by other rules than the present ones."""
        return self._rules.check_needs_rehash(hashed)

    def _enter(self, whose: str) -> None:
        """Raises Busy."""
        with self._lock:
            over_share = self._of.get(whose, 0) >= SHARE and self._inside - self.at_once >= self._line // 2
            if self._inside >= self.at_once + self._line or over_share:
                raise Busy
            self._inside += 1
            self._of[whose] += 1

    def _leave(self, whose: str) -> None:
        with self._lock:
            self._inside -= 1
            self._of[whose] -= 1
            if not self._of[whose]:
                del self._of[whose]

    def _do(self, act: Callable[[Hasher], T], gone: Callable[[], bool], whose: str) -> T:
        task = _Task(act, gone)
        self._enter(whose)
        try:
            if not self._turns.put(whose, task):
                raise Gone
            result: T = task.wait()
            return result
        finally:
            self._leave(whose)


def same_secret(given: str, secret: str) -> bool:
    """Compares two secrets in a time that tells nothing of where they differ, nor how long they are. Pure."""
    return hmac.compare_digest(sha256(given.encode()).digest(), sha256(secret.encode()).digest())
