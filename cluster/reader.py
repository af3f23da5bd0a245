"""The pipe for scripts that read: whoever asked is told of a failure and asks again himself."""

from __future__ import annotations

from collections.abc import Callable

from cluster.calls import Caller
from cluster.errors import ClusterError, Unavailable
from cluster.link import Link
from cluster.pipe import Pipe, Request


class Reader(Pipe):
    """`recover_soon`: called when a script found another term than this node believes in."""

    def __init__(self, link: Link, caller: Caller, recover_soon: Callable[[], None]) -> None:
        super().__init__(link, caller)
        self._recover_soon = recover_soon

    def prepare(self) -> None:
        if not self._link.is_open:
            self._link.open()
            self._caller.load_scripts(self._link)

    def lost(self, error: Unavailable) -> None:
        waiting, self._inflight = self._inflight, []
        for request in waiting:
            request.done(error)

    def refused(self, request: Request, error: ClusterError) -> bool:
        request.done(error if isinstance(error, Unavailable) else Unavailable(str(error)))
        return False

    def outdated(self, request: Request) -> bool:
        self._recover_soon()
        request.done(Unavailable("Redis's data began a new life"))
        return False
