"""Requests of many threads, carried out by one thread in order of submission, as one pipeline a round.

Who meets here: connection threads and cluster threads submit; the pipe's own thread takes. The lock
guards `_queue`, `_stopping` and `_poked` only, and is never held over a call to Redis or of a `done`.
What fills when Redis is slow: `_queue`, by at most a window of `say` for each connection.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from cluster.calls import Argument, Caller, status
from cluster.errors import ClusterError, LeaseLost, Stopped, Unavailable
from cluster.link import Link, Reply
from cluster.mapping import is_no_script, reply_error

BATCH = 512
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5

Answer = list[Reply] | ClusterError


@dataclass(slots=True)
class Request:
    """One script to run. `done` is called once, on the pipe's thread. `boot`: for which it was asked ('': any).

    `lasting`: asked by the node itself, which nobody would repeat; kept while Redis refuses it.
    """

    script: str
    arguments: Sequence[Argument]
    done: Callable[[Answer], None]
    boot: str = ""
    lasting: bool = False
    recoveries: int = field(default=0)


class Pipe(ABC):
    """The loop. `stop` ends it; an error that it can't name ends it too, and is raised by its thread."""

    def __init__(self, link: Link, caller: Caller) -> None:
        self._link = link
        self._caller = caller
        self._changed = threading.Condition()
        self._queue: deque[Request] = deque()
        self._inflight: list[Request] = []
        self._stopping = False
        self._deadline = float("inf")
        self._poked = False
        self._pause = FIRST_PAUSE

    # -- any thread ------------------------------------------------------------------------

    def submit(self, request: Request) -> None:
        """Never blocks. After `stop` the request's `done` gets Stopped at once."""
        with self._changed:
            if not self._stopping:
                self._queue.append(request)
                self._changed.notify()
                return
        request.done(Stopped("the node is stopping"))

    def poke(self) -> None:
        """Lets the loop look at its connection even if nothing was submitted."""
        with self._changed:
            self._poked = True
            self._changed.notify()

    def stop(self, deadline: float) -> None:
        """Carries out what was submitted until `deadline`, then ends the loop. Idempotent."""
        with self._changed:
            self._stopping = True
            self._deadline = min(self._deadline, deadline)
            self._changed.notify()

    def abort(self) -> None:
        """After `stop`: gives up what is being waited for."""
        self._link.finish()

    @property
    def is_stopping(self) -> bool:
        return self._stopping

    # -- the pipe's thread -----------------------------------------------------------------

    def run(self) -> None:
        try:
            while self._take():
                self._round()
        finally:
            self._link.close()
            self.fail_all(Stopped("the node is stopping"))

    def _take(self) -> bool:
        with self._changed:
            while not (self._queue or self._inflight or self._poked or self._stopping):
                self._changed.wait()
            if not self._inflight:
                self._inflight = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._poked = False
            if not self._stopping:
                return True
        return bool(self._inflight) and time.monotonic() < self._deadline

    def _round(self) -> None:
        """What was answered before the connection broke is settled as well: else a line that breaks after so
        many bytes each time would let nothing through for ever."""
        replies: list[Reply] = []
        try:
            self._exchange(replies)
        except Unavailable as error:
            self._link.close()
            self._settle_first(replies)
            if replies:
                self._pause = FIRST_PAUSE
            self.lost(error)
            self._wait()
            return
        self._pause = FIRST_PAUSE
        self.answered()
        self._settle_first(replies)

    def _exchange(self, replies: list[Reply]) -> None:
        """Asks for all that is in flight; fills `replies` as far as they come. Raises Unavailable."""
        self.prepare()
        self._link.send([self._caller.command(r.script, r.arguments) for r in self._inflight])
        for _ in self._inflight:
            replies.append(self._link.read_value())

    def _settle_first(self, replies: list[Reply]) -> None:
        waiting, self._inflight = self._inflight, []
        answered, unknown = waiting[: len(replies)], waiting[len(replies) :]
        kept = [request for request, reply in zip(answered, replies, strict=True) if self.settle(request, reply)]
        self._inflight = [*kept, *unknown]

    def settle(self, request: Request, reply: Reply) -> bool:
        """Tells the request its outcome; True if it must be asked again instead."""
        if isinstance(reply, RedisError):
            if is_no_script(reply):
                self._link.close()  # opening it again loads the scripts
                return True
            return self.refused(request, reply_error(reply))
        if status(reply) == "recover":
            return self.outdated(request)
        request.done(reply)
        return False

    def _wait(self) -> None:
        """A growing pause, then another try even if nothing is in flight. `poke` and `stop` cut it short, but
        never below the first pause: whoever pokes does so because of our failure, perhaps."""
        with self._changed:
            self._changed.wait_for(lambda: time.monotonic() >= self._deadline, FIRST_PAUSE)
            self._changed.wait_for(lambda: self._poked or self._stopping, self._pause - FIRST_PAUSE)
            self._poked = True
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def fail_all(self, error: ClusterError) -> None:
        with self._changed:
            self._stopping = True
            waiting = [*self._inflight, *self._queue]
            self._inflight, self._queue = [], deque()
        for request in waiting:
            request.done(error)

    def drop_stale(self, boot: str) -> None:
        """Ends what is in flight for another boot than this: its lease is over, so it may not be done in the
        name of the new one."""
        waiting, self._inflight = self._inflight, []
        for request in waiting:
            if request.boot in ("", boot):
                self._inflight.append(request)
            else:
                request.done(LeaseLost("the node's lease ended before this was done"))

    # -- what the two kinds do differently -------------------------------------------------

    @abstractmethod
    def prepare(self) -> None:
        """Sees to an open connection and, for the publisher, the right term. Raises Unavailable."""

    @abstractmethod
    def answered(self) -> None:
        """Redis answered all that is in flight."""

    @abstractmethod
    def lost(self, error: Unavailable) -> None:
        """The connection failed in the middle: what is in flight may have been done or not."""

    @abstractmethod
    def refused(self, request: Request, error: ClusterError) -> bool:
        """Redis answered with an error. True: ask again."""

    @abstractmethod
    def outdated(self, request: Request) -> bool:
        """The script found another term. True: ask again."""
