"""What the failover machine knows of one connection."""

from __future__ import annotations

from dataclasses import dataclass

from wire.address import Address
from wire.frames import Ack, ClientFrame

SPEAK, AT_LEAST = 0.8, 1.6
"""Heartbeats after which a client speaks up: who has heard nothing, to find out whether the node is there, and in any
case, since the node waits for two and a half. Each ping of thousands costs a node as much as a message does; who hears
something knows that it is there."""


@dataclass(slots=True)
class Link:
    """Times as the machine was told them. `heartbeat`: seconds, from the welcome (0: none yet)."""

    number: int
    address: Address
    until: float  # connected and welcomed by then, or given up
    greeted: bool = False  # hello went out, and may be carried out
    refused: bool = False  # … though the node has said that we should try elsewhere
    heartbeat: float = 0.0
    since: float = 0.0
    heard: float = 0.0
    spoke: float = 0.0
    asked: float | None = None  # since when something that is answered stands unanswered

    def welcomed(self, heartbeat: float, now: float) -> None:
        self.heartbeat = max(0.05, heartbeat)
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
        return min(max(self.spoke, self.heard) + self.heartbeat * SPEAK, self.spoke + self.heartbeat * AT_LEAST)

    @property
    def dead_at(self) -> float | None:
        """Without a byte until then it is dead. None: it was asked nothing, so its silence proves nothing; we may have
        slept ourselves."""
        return None if self.asked is None else max(self.heard + self.heartbeat * 2, self.asked + self.heartbeat)

    def dead(self, silent: float) -> bool:
        """`silent`: until when it was listened to."""
        return self.dead_at is not None and silent >= self.dead_at
