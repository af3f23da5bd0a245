"""A user's stay as this node knows it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cluster.types import Claimed, Name, Position, Published, SessionRecord
from node.delivery import Delivery
from node.quota import Quota

if TYPE_CHECKING:
    from node.connection import Connection

_BYTES = 16
_LOGS_KEPT = 64
_LIVES_KEPT = 3


def new_id() -> str:
    """128 random bits, of A-Z a-z 0-9 _ -."""
    return secrets.token_urlsafe(_BYTES)


def session_of(token: str) -> str:
    """The id of the session that a client begins with a token of its own: the same for the same token, so that
    a hello that is said again, at another node, finds what the first one began. Tells nothing of the token."""
    digest = hashlib.sha256(b"session " + token.encode()).digest()[:_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """How a token is kept where others can read it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Session:
    """Made by the connection's thread that claimed it.

    Each field has one writer. Connection thread: `rooms` (a new tuple each time), `deliveries`, `entered`, `said`,
    `away_since`, `name`, `taken`, `gone`, `owner`, `open_tokens`. Publisher thread: `n`, `answered`, `told`,
    `accepted`.
    """

    __slots__ = (
        "accepted",
        "address",
        "all_told",
        "answered",
        "away_since",
        "before",
        "claim",
        "client",
        "connection",
        "deliveries",
        "entered",
        "gone",
        "id",
        "n",
        "name",
        "open_tokens",
        "order",
        "owner",
        "quota",
        "rooms",
        "said",
        "since",
        "taken",
        "token_hash",
        "told",
    )

    def __init__(self, claimed: Claimed, hashed: str, address: str, connection: Connection, client: str = "") -> None:
        self.id = claimed.session
        self.claim = claimed.claim
        self.name: Name = claimed.name
        self.token_hash = claimed.tokens[0] if claimed.tokens else hashed
        self.open_tokens = " ".join(claimed.tokens[1:])
        self.owner = claimed.owner
        self.address = address
        self.client = client
        self.gone = claimed.gone
        self.since = claimed.since
        self.taken = claimed.taken
        self.order = claimed.order
        self.connection = connection
        self.rooms = tuple(log for log in claimed.logs if log.startswith("#"))
        self.deliveries: dict[str, Delivery] = {}
        self.n = claimed.n
        self.said = 0  # how many were submitted, and how many of them answered
        self.answered = 0
        self.told = 0  # … and how many of the answers were given to the client
        self.all_told: threading.Event | None = None  # made by whoever waits for it
        self.accepted: dict[str, Position] = {}  # what this session said last in each log
        # … and in lives of the log before that. Its feed may not have come to any of them when the data is lost again.
        self.before: dict[str, tuple[Position, ...]] = {}
        self.entered: dict[str, Position] = dict(claimed.logs)  # where each log stood when it came; replaced whole
        self.quota: Quota  # set before anything is said
        self.away_since = 0.0  # monotonic; 0: here

    @property
    def inbox(self) -> str:
        return f"@{self.id}"

    @property
    def unanswered(self) -> int:
        return self.said - self.answered

    def tell(self) -> None:
        """One more answer was given to the client. Publisher thread."""
        self.told += 1
        waiter = self.all_told
        if waiter is not None and self.told == self.said:
            waiter.set()

    def consumed(self, n: int) -> None:
        """The outcome of n is known."""
        self.n = max(self.n, n)

    def published(self, outcome: Published) -> None:
        """`outcome` is in a log."""
        self.consumed(outcome.n)
        known = self.accepted.get(outcome.log)
        position = outcome.position
        if known is not None and known.epoch == position.epoch and known.offset > position.offset:
            position = known
        if known is not None and known.epoch != position.epoch:
            self._note_before(outcome.log, known)
        if known is not None and next(reversed(self.accepted)) == outcome.log:
            self.accepted[outcome.log] = position  # who walks through it meanwhile sees one place or the other
            return
        # A new dict, since other threads walk through the old one.
        others = [(log, place) for log, place in self.accepted.items() if log != outcome.log]
        self.accepted = {**dict(others[-_LOGS_KEPT + 1 :]), outcome.log: position}

    def _note_before(self, log: str, last: Position) -> None:
        """The log has begun a new life; `last`: what was said last in the one before."""
        kept = {each: places for each, places in self.before.items() if each in self.accepted}
        others = [place for place in self.before.get(log, ()) if place.epoch != last.epoch]
        self.before = {**kept, log: (*others, last)[-_LIVES_KEPT:]}

    def joined(self, room: str, position: Position) -> None:
        """It is a member of `room` from `position` on."""
        self.rooms = (*(each for each in self.rooms if each != room), room)
        here = {log: where for log, where in self.entered.items() if log in self.rooms or log == self.inbox}
        self.entered = {**here, room: position}

    def is_in(self, room: str) -> bool:
        """Whether it is a member, as far as this node knows: somebody else may have removed it. Any thread."""
        delivery = self.deliveries.get(room)  # atomic
        return room in self.rooms and not (delivery is not None and delivery.left)

    def renamed(self, name: Name, taken: int) -> None:
        """It has another nickname since `taken`. The publisher has noted it for a record that is asked for just now."""
        self.name, self.taken = name, max(self.taken, taken)

    def record(self, positions: Mapping[str, Position], places: Mapping[str, Position] | None = None) -> SessionRecord:
        """What has to be known of it to claim it again. `positions`: as there; `places`: where its logs are being
        read by now, which may be in a later life of theirs."""
        told = {log: [*self.before.get(log, ()), position] for log, position in self.accepted.items()}
        for log, place in (places or {}).items():
            if place != positions.get(log):
                told.setdefault(log, []).append(place)
        for log, position in self.entered.items():
            if log in self.rooms or log == self.inbox:
                told.setdefault(log, []).append(position)
        return SessionRecord(
            session=self.id,
            claim=self.claim,
            name=self.name,
            token_hash=self.token_hash,
            address=self.address,
            since=self.since,
            n=self.n,
            rooms=tuple(room for room in self.rooms if self.is_in(room)),
            away=self.away_since > 0,
            positions=positions,
            told=told,
            taken=self.taken,
            gone=self.gone,
            client=self.client,
            owner=self.owner,
            open_tokens=self.open_tokens,
        )
