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
from cluster.errors import ClusterError, Degraded, LeaseLost, Stopped, Unavailable
from cluster.link import Link, Reply
from cluster.mapping import is_no_script, reply_error
from cluster.merging import MERGED, runs
from cluster.witness import Witness

BATCH = 512
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
NOT_OPEN_PAUSE = 0.05

Answer = list[Reply] | ClusterError


@dataclass(slots=True)
class Request:
    """One script to run. `done` is called once, on the pipe's thread. `boot`: for which it was asked ('': any).

    `lasting`: asked by the node itself, which nobody would repeat; kept while Redis refuses it.
    `patience`: until when (monotonic) it may wait for a term to open; then it gets Degraded.
    """

    script: str
    arguments: Sequence[Argument]
    done: Callable[[Answer], None]
    boot: str = ""
    lasting: bool = False
    patience: float = float("inf")
    recoveries: int = field(default=0)


class Pipe(ABC):
    """The loop. `stop` ends it; an error that it can't name ends it too, and is raised by its thread.

    `witness`: without whose word no outcome is told."""

    def __init__(self, link: Link, caller: Caller, witness: Witness | None = None) -> None:
        self._link = link
        self._caller = caller
        self._witness = witness
        self._changed = threading.Condition()
        self._queue: deque[Request] = deque()
        self._inflight: list[Request] = []
        self._stopping = False
        self._deadline = float("inf")
        self._poked = False
        self._pause = FIRST_PAUSE
        self._merged = MERGED

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
        """One exchange for all that is in flight, and what follows from it: outcomes, or a pause.

        What was answered before the connection broke is settled as well: else a line that breaks after so many bytes
        each time would let nothing through for ever."""
        replies: list[Reply] = []
        try:
            asked = self._exchange(replies)
        except Unavailable as error:
            self._link.close()
            self._settle_first(replies)
            if replies:
                self._pause = FIRST_PAUSE
            self._merged = 1  # so that a line that breaks after so many bytes lets some through
            self.lost(error)
            self._wait()
            return
        self._pause, self._merged = FIRST_PAUSE, MERGED
        self.answered()
        if asked:
            self._settle_first(replies)
        else:
            self._linger()

    def _exchange(self, replies: list[Reply]) -> bool:
        """Asks for all that is in flight; fills `replies` as far as they come. Raises Unavailable. False: not now."""
        if not self.prepare():
            return False
        asked = runs(((r.script, r.arguments) for r in self._inflight), self._merged)
        commands = [run.command(self._caller) for run in asked]
        if self._witness and commands:
            self._link.send([*commands, *self._witness.commands])
            heard = [self._link.read_value() for _ in commands]
            self._witness.hear()
            replies.extend(reply for run, value in zip(asked, heard, strict=True) for reply in run.replies(value))
            return True
        self._link.send(commands)
        for run in asked:
            replies.extend(run.replies(self._link.read_value()))
        return True

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
        word = status(reply)
        if word == "recover":
            return self.outdated(request)
        if word == "wait":
            return self.too_early(request)
        if word == "later":
            return True
        request.done(reply)
        return False

    def _linger(self) -> None:
        """A short pause while nothing may be asked, then another look. Who has no more patience is told."""
        now = time.monotonic()
        with self._changed:
            tired = [request for request in (*self._inflight, *self._queue) if request.patience <= now]
            self._queue = deque(request for request in self._queue if request.patience > now)
        self._inflight = [request for request in self._inflight if request.patience > now]
        for request in tired:
            request.done(Degraded("not all nodes have brought back what they know; try again soon"))
        with self._changed:
            self._changed.wait_for(lambda: time.monotonic() >= self._deadline, NOT_OPEN_PAUSE)
            self._poked = True

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
    def prepare(self) -> bool:
        """Sees to an open connection and, for the publisher, the right term. Raises Unavailable. False: not now,
        everything stays in line."""

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

    @abstractmethod
    def too_early(self, request: Request) -> bool:
        """The term is not open yet. True: ask again."""
