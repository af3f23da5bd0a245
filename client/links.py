"""The connections of a client and what is to be done with them: the ground that failover stands on."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from enum import Enum

from client.actions import Action, Close, Connect, Emit, Send
from client.conversation import Conversation
from client.dial import AddressBook, Backoff
from client.errors import Unreachable
from client.events import Event
from client.late import LateHellos
from client.link import Link
from client.move import Move
from client.outage import Outage
from client.renewal import Renewal
from client.settings import Settings
from wire.address import Address
from wire.frames import ClientFrame


class Phase(Enum):
    IDLE = "idle"
    DIALLING = "dialling"
    ACTIVE = "active"
    QUITTING = "quitting"
    STOPPED = "stopped"


class Links:
    """At most one active connection and one candidate; actions pile up until they are drained.
    Pure. One thread at a time."""

    def __init__(
        self,
        conversation: Conversation,
        servers: Sequence[Address],
        settings: Settings,
        rng: random.Random,
        *,
        in_order: bool = False,
    ) -> None:
        self.conversation = conversation
        self.phase = Phase.IDLE
        self.paused = False  # the user does not keep up, nothing is read: silence proves nothing
        self.looked = math.inf  # until when all that had come was told: only so far can silence be judged
        self.failures: dict[Address, str] = {}
        self._hopeless: set[Address] = set()  # where trying again would be in vain
        self._settings = settings
        self._book = AddressBook(servers, rng, in_order=in_order)
        self._backoff = Backoff(settings.backoff_base, settings.backoff_cap, rng, settings.longest_wait)
        self._actions: list[Action] = []
        self._links = 0
        self._active: Link | None = None
        self._candidate: Link | None = None
        self._dial_at: float | None = None
        self._move = Move()
        self._outage = Outage(settings.searching_after)
        self._late = LateHellos(settings.ghost_time)
        self._renewal = Renewal(settings.renew_within)
        self._quit_until = 0.0

    def deadline(self) -> float | None:
        """When `tick` is wanted; None: only after something happened."""
        if self.phase is Phase.STOPPED:
            return None
        times = [self._dial_at, self._move.at, self._outage.deadline()]
        if self._candidate is not None:
            times.append(self._candidate.until)
        if self._active is not None:
            times.append(None if self.paused else self._active.dead_at)
        if self.phase is Phase.ACTIVE and self._active is not None:
            times += [self._active.ping_at, self.conversation.deadline()]
        if self.phase is Phase.QUITTING:
            times.append(self._quit_until)
        return min((time for time in times if time is not None), default=None)

    def unreachable(self) -> Unreachable:
        """Why no node was found so far."""
        return Unreachable({str(address): reason for address, reason in self.failures.items()})

    def _dial(self, address: Address, now: float) -> None:
        self._dial_at = None
        self._links += 1
        self._candidate = Link(self._links, address, until=now + self._settings.connect_timeout)
        self._actions.append(Connect(self._links, address))

    def _greet(self, link: Link, now: float) -> None:
        link.greeted = True
        link.until = now + self._settings.welcome_timeout
        self._send(link, self.conversation.hello(), now)

    def _give_up_candidate(self, now: float) -> Link | None:
        link, self._candidate = self._candidate, None
        if link is None:
            return None
        self._actions.append(Close(link.number))
        self._late.gave_up(link, now)
        return link

    def _drained(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _send(self, link: Link, frame: ClientFrame, now: float) -> None:
        link.speaks(frame, now)
        self._actions.append(Send(link.number, frame))

    def _emit(self, events: Sequence[Event]) -> None:
        self._actions += [Emit(event) for event in events]
