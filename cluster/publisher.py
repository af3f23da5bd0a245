"""The one thread that changes what nodes share (R1, R2): everything that a node says or does in Redis
passes through here in order, so that nothing overtakes the re-claiming of sessions after a recovery.

When an outcome is unknown it closes the connection, opens it again, reads the term, and asks again for all
that is unanswered, in order: the scripts recognise what they have done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cluster.calls import Caller, status
from cluster.errors import ClusterError, Fenced, LeaseLost, Unavailable
from cluster.link import Link, Reply
from cluster.pipe import Pipe, Request
from cluster.recovery import RENAMING, Pending, Recovery
from cluster.term import Standing, new_boot
from cluster.waits import Waits
from cluster.witness import Witness

_RECOVERIES = 3  # then a session that is not re-claimed is somebody else's


@dataclass(slots=True)
class PublisherEvents:
    """What the publisher tells the others, on its own thread. None of them blocks."""

    lost: Callable[[], None]  # Redis went away
    answers: Callable[[], None]  # it is there, again or for the first time
    ready: Callable[[], None]  # this boot is registered: it may beat
    new_boot: Callable[[], None]  # the former boot's lease is over
    waits: Callable[[float, str], None]  # for so many seconds; the last try ended with that


class Publisher(Pipe):
    def __init__(
        self,
        link: Link,
        caller: Caller,
        standing: Standing,
        recovery: Recovery,
        events: PublisherEvents,
        witness: Witness | None = None,
    ) -> None:
        super().__init__(link, caller, witness)
        self._standing = standing
        self._recovery = recovery
        self._events = events
        # Set by any thread, cleared here before the work is done: a request in between is not missed.
        self._doubted: str | None = ""  # the term that somebody doubts; ours is '' before the first
        self._late = ""  # the boot whose lease is over
        self._verify = False
        self._well = False
        self._waits = Waits(events.waits)
        self._deferred: list[Request] = []
        self._kept: set[object] = set()  # sessions of which something in this round must be asked again

    # -- any thread ------------------------------------------------------------------------

    def recover_soon(self, term: str) -> None:
        """The data may be of another term than `term`."""
        self._doubted = term
        self.poke()

    def new_boot_soon(self, boot: str) -> None:
        """The lease of `boot` is over."""
        self._late = boot
        self.poke()

    def verify_soon(self) -> None:
        """Notices of who took a session may have been missed."""
        self._verify = True
        self.poke()

    # -- the publisher's thread ------------------------------------------------------------

    def prepare(self) -> bool:
        self._kept.clear()
        if self._late == self._standing.boot:
            self._begin_boot()
        self._connect()
        self._recover_if_doubted()
        if not self._standing.is_registered:
            self._try(self._recovery.register)
        self._verify_if_asked()
        self._inflight += self._deferred  # tried again with each heartbeat, which pokes
        self._deferred = []
        self.drop_stale(self._standing.boot)
        # Nothing of ours may be asked before, so all that waits keeps its order.
        if self._recovery.is_open or self._recovery.has_opened(self._link):
            return True
        self._waits.on(f"not all nodes have brought back what they know: {self._recovery.awaited}")
        return False

    def _connect(self) -> None:
        if self._link.is_open:
            return
        self._link.open()
        self._caller.load_scripts(self._link)
        self._recovery.look(self._link)
        if self._recovery.server != self._standing.server:
            self._doubted = self._standing.term

    def _recover_if_doubted(self) -> None:
        if self._doubted != self._standing.term:
            return
        self._doubted = None
        self._try(lambda link: self._recovery.run(link, self._pending()))

    def _verify_if_asked(self) -> None:
        if not self._verify:
            return
        self._verify = False
        try:
            self._recovery.verify(self._link)
        except ClusterError:
            self._verify = True
            raise

    def _try(self, step: Callable[[Link], None]) -> None:
        """A step that registers this boot."""
        try:
            step(self._link)
        except LeaseLost as error:
            self._begin_boot()
            self._doubted = self._standing.term
            raise Unavailable(str(error)) from error
        except Unavailable:
            self._doubted = self._standing.term
            raise
        self._events.ready()

    def _begin_boot(self) -> None:
        """R4: our lease is over. Here, and nowhere else: what was asked for the former boot must neither be done
        in the name of the new one, nor its sessions be re-claimed."""
        self._standing.boot = new_boot()
        self._recovery.fresh.clear()
        self._events.new_boot()

    def _pending(self) -> Pending:
        pending: dict[str, set[str]] = {}
        for request in (*self._inflight, *self._deferred):
            if request.script in ("join", "leave", "rename"):
                session, _, room = request.arguments[:3]
                what = RENAMING if request.script == "rename" else str(room)
                pending.setdefault(str(session), set()).add(what)
        return pending

    # -- what became of requests -----------------------------------------------------------

    def answered(self) -> None:
        if self._recovery.is_open:
            self._waits.over()
        if not self._well:
            self._well = True
            self._events.answers()

    def lost(self, error: Unavailable) -> None:
        step = self._recovery.step
        self._waits.on(f"{step}: {error}" if step else str(error))
        if self._well:
            self._well = False
            self._events.lost()

    def settle(self, request: Request, reply: Reply) -> bool:
        session = request.arguments[0]
        if session in self._kept and _out_of_order(reply):
            return True  # only because what goes before it is asked again
        again = super().settle(request, reply)
        if again:
            self._kept.add(session)
        return again

    def refused(self, request: Request, error: ClusterError) -> bool:
        if request.lasting and isinstance(error, Unavailable):
            self._deferred.append(request)
        else:
            request.done(error)
        return False

    def outdated(self, request: Request) -> bool:
        self._doubted = self._standing.term
        request.recoveries += 1
        if request.recoveries <= _RECOVERIES:
            return True
        request.done(Fenced("the session could not be re-claimed"))
        return False

    def too_early(self, request: Request) -> bool:
        self._recovery.is_open = False
        return True

    def fail_all(self, error: ClusterError) -> None:
        self._inflight += self._deferred
        self._deferred = []
        super().fail_all(error)


def _out_of_order(reply: Reply) -> bool:
    return isinstance(reply, list) and status(reply) == "no" and reply[1] == b"out_of_order"
