"""The one thread that changes what nodes share (R1, R2): everything that a node says or does in Redis
passes through here in order, so that nothing overtakes the re-claiming of sessions after a recovery.

When an outcome is unknown it closes the connection, opens it again, reads the term, and asks again for all
that is unanswered, in order: the scripts recognise what they have done.
"""

from __future__ import annotations

from collections.abc import Callable

from cluster.calls import Caller
from cluster.errors import ClusterError, Fenced, Unavailable
from cluster.link import Link
from cluster.pipe import Pipe, Request
from cluster.recovery import Recovery
from cluster.term import Standing

_RECOVERIES = 3  # then a session that is not re-claimed is somebody else's


class Publisher(Pipe):
    """`on_lost(error)`: the connection failed. `on_ready()`: connected and in the right term."""

    def __init__(
        self,
        link: Link,
        caller: Caller,
        standing: Standing,
        recovery: Recovery,
        on_lost: Callable[[Unavailable], None],
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(link, caller)
        self._standing = standing
        self._recovery = recovery
        self._on_lost = on_lost
        self._on_ready = on_ready
        # Set by any thread, cleared here before the work is done: a request in between is not missed.
        self._recover = True
        self._register = False
        self._deferred: list[Request] = []

    def recover_soon(self) -> None:
        """The data may be of another term. Any thread."""
        self._recover = True
        self.poke()

    def register_soon(self) -> None:
        """A new boot began. Any thread."""
        self._register = True
        self.poke()

    def prepare(self) -> None:
        if not self._link.is_open:
            self._link.open()
            self._caller.load_scripts(self._link)
            self._recovery.look(self._link)
            self._recover |= self._recovery.server != self._standing.server
        if self._recover:
            self._recover = False
            try:
                self._recovery.run(self._link)
            except Unavailable:
                self._recover = True
                raise
            self._register = False
            self._on_ready()
        if self._register:
            self._register = False
            self._recovery.register(self._link)
            self._on_ready()
        self._take_up_deferred()

    def lost(self, error: Unavailable) -> None:
        self._on_lost(error)

    def refused(self, request: Request, error: ClusterError) -> bool:
        if request.lasting and isinstance(error, Unavailable):
            self._deferred.append(request)
        else:
            request.done(error)
        return False

    def outdated(self, request: Request) -> bool:
        self._recover = True
        request.recoveries += 1
        if request.recoveries <= _RECOVERIES:
            return True
        request.done(Fenced("the session could not be re-claimed"))
        return False

    def _take_up_deferred(self) -> None:
        """Once a heartbeat, which pokes: what Redis refused while its memory or disk was full."""
        if self._deferred:
            self._inflight += self._deferred
            self._deferred = []
