"""The pipe for scripts that read: whoever asked is told of a failure and asks again himself."""

from __future__ import annotations

from collections.abc import Callable

from cluster.calls import Caller
from cluster.errors import ClusterError, Stopped, Unavailable
from cluster.link import Link
from cluster.pipe import Pipe, Request
from cluster.term import Standing


class Reader(Pipe):
    """`recover_soon(term)`: called when a script found another term than `term`, in which this node believes."""

    def __init__(self, link: Link, caller: Caller, standing: Standing, recover_soon: Callable[[str], None]) -> None:
        super().__init__(link, caller)
        self._standing = standing
        self._recover_soon = recover_soon
        self._asked_in = ""

    def prepare(self) -> bool:
        if not self._link.is_open:
            self._link.open()
            self._caller.load_scripts(self._link)
        self._asked_in = self._standing.term
        return True

    def answered(self) -> None:
        pass

    def lost(self, error: Unavailable) -> None:
        waiting, self._inflight = self._inflight, []
        told = Stopped("the node is stopping") if self.is_stopping else error
        for request in waiting:
            request.done(told)

    def refused(self, request: Request, error: ClusterError) -> bool:
        request.done(error if isinstance(error, Unavailable) else Unavailable(str(error)))
        return False

    def outdated(self, request: Request) -> bool:
        self._recover_soon(self._asked_in)
        request.done(Unavailable("Redis's data began a new life"))
        return False

    def too_early(self, request: Request) -> bool:
        request.done(Unavailable("not all nodes have brought back what they know"))
        return False
