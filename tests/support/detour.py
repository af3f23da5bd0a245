"""A detour between a node and Redis, on which one kind of connection can be made to stand still, or all cut."""

from __future__ import annotations

from types import TracebackType

from drill.network.network import Network
from drill.network.rule import Rule
from drill.processes.ports import HOST


class Switch:
    """A rule of the detour, in force while it is set."""

    def __init__(self, detour: Detour, rule: Rule) -> None:
        self._detour, self._rule = detour, rule
        self._key: int | None = None

    def set(self) -> None:
        if self._key is None:
            self._key = self._detour.proxy.add(self._rule)

    def clear(self) -> None:
        if self._key is not None:
            self._detour.proxy.remove(self._key)
            self._key = None


class Detour:
    """Passes on what comes, both ways. While `deaf` is set, nothing that Redis sends on a node's subscription reaches
    the node; all other connections work, new subscriptions too are deaf. While `cut` is set, there is no way to Redis
    at all. Ends when its context is left."""

    def __init__(self, port: int) -> None:
        self._network = Network()
        self._network.start()
        self.proxy = self._network.proxy(port, named=True)
        self.port = self.proxy.port
        self.deaf = Switch(self, Rule(role="subscriber", hold="replies"))
        self.cut = Switch(self, Rule(cut=True))

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def __enter__(self) -> Detour:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._network.stop()
        assert not self._network.trouble, self._network.trouble
