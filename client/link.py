"""What the failover machine knows of one connection."""

from __future__ import annotations

from dataclasses import dataclass

from wire.address import Address
from wire.frames import Ack, ClientFrame

SPEAK = 0.8
"""Heartbeats after which a silent client speaks up: each ping of thousands costs a node as much as a message does, and
the node waits for two and a half."""


@dataclass(slots=True)
class Link:
    """Times as the machine was told them. `heartbeat`: seconds, from the welcome (0: none yet)."""

    number: int
    address: Address
    until: float  # connected and welcomed by then, or given up
    greeted: bool = False  # hello went out, and may be carried out
    refused: bool = False  # … though the node has said that we should try elsewhere
    heartbeat: float = 0.0
    quiet: float = 0.0  # the same, for as long as we hear something meanwhile
    since: float = 0.0
    heard: float = 0.0
    spoke: float = 0.0
    asked: float | None = None  # since when something that is answered stands unanswered

    def welcomed(self, heartbeat: float, quiet: float, now: float) -> None:
        """As the welcome says."""
        self.heartbeat = max(0.05, heartbeat)
        self.quiet = max(self.heartbeat, quiet)
        self.since = now
        self.hears(now)

    def hears(self, now: float) -> None:
        """Bytes came."""
        self.heard, self.asked = now, None

    def speaks(self, frame: ClientFrame, now: float) -> None:
        """It is being sent."""
        self.spoke = now
        if self.asked is None and not isinstance(frame, Ack):
            self.asked = now

    @property
    def ping_at(self) -> float:
        """Something must have been sent by then."""
        return min(max(self.spoke, self.heard) + self.heartbeat * SPEAK, self.spoke + self.quiet * SPEAK)

    @property
    def dead_at(self) -> float | None:
        """Without a byte until then it is dead. None: it was asked nothing, so its silence proves nothing; we may have
        slept ourselves."""
        return None if self.asked is None else max(self.heard + self.heartbeat * 2, self.asked + self.heartbeat)

    def dead(self, silent: float) -> bool:
        """`silent`: until when it was listened to."""
        return self.dead_at is not None and silent >= self.dead_at
