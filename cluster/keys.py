"""The names of all keys and channels. docs/redis.md explains each."""

from __future__ import annotations


class Keys:
    """Names under one prefix, which carries the hash tag that all keys share."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.term = f"{prefix}term"
        self.nodes = f"{prefix}nodes"
        self.presence = f"{prefix}presence"
        self.rooms = f"{prefix}rooms"
        self.witness = f"{prefix}witness"

    def node(self, name: str) -> str:
        """Row of the node `<id>/<boot>`, and the channel on which it hears of its sessions."""
        return f"{self.prefix}node:{name}"

    def session(self, session: str) -> str:
        return f"{self.prefix}session:{session}"

    def log(self, log: str) -> str:
        """Stream of `#room` or `@session`; for a room also the channel of its entries."""
        if log.startswith("@"):
            return f"{self.prefix}inbox:{log[1:]}:log"
        return f"{self.prefix}room:{log}:log"

    def room_of(self, channel: str) -> str:
        """The room whose channel this is."""
        return channel[len(self.prefix) + len("room:") : -len(":log")]
