"""What a client remembers of its session: one user's stay, across connections."""

from __future__ import annotations

import random
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from client.holders import Holders
from client.inbound import Inbound
from client.kept import Kept, Limits
from client.requests import Requests
from client.settings import Settings
from client.unsent import Unsent
from wire.frames import Cursors, Receipt

RECEIPTS_KEPT = 1024


def new_token() -> str:
    """128 random bits: who has it has the session."""
    return secrets.token_urlsafe(16)


class Stay:
    """Plain state, shared by the parts of the conversation. One thread at a time."""

    def __init__(
        self,
        nick: str,
        rooms: Sequence[str],
        client_name: str,
        settings: Settings,
        rng: random.Random,
        password: str | None = None,
    ) -> None:
        self.nick = nick
        self.password = password  # for a new session; a token suffices for this one
        self.login = nick  # the nickname to which it belongs, whatever we are called by now
        self.rooms = dict.fromkeys(rooms)  # where the user wants to be, in this order
        self.client_name = client_name
        self.settings = settings
        self.keys: dict[str, str] = {}  # of rooms that asked for one, so that a new session comes in as well
        self.session: str | None = None
        self.token = new_token()  # ours from the first hello on: said again, it begins no second session
        self.former_token: str | None = None  # the one before it: data that were set back may know no other
        self.lost: tuple[str, str, str] | None = None  # given up: the session, its tokens
        self.node = ""
        self.gone: str | None = None  # what the user says of being away; None: he is here
        self.former_cursors: Cursors = {}  # of a lost session, until its rooms are entered again
        self.direct: OrderedDict[int, int] = OrderedDict()  # n of direct messages -> ticket
        # By n, of messages without an answer: a node died with that, and the receipt comes before it is asked again.
        self.early: dict[int, Receipt] = {}
        self.holders = Holders()
        self.inbound = Inbound(
            remembered=settings.remembered, ack_every=settings.ack_every, ack_after=settings.ack_after
        )
        self.unsent = Unsent(settings.window, settings.backoff_base, settings.retry_cap, rng, settings.kept)
        limits = Limits(settings.kept_for, settings.kept_most, settings.kept_bytes, settings.again_within)
        self.kept = Kept(limits, settings.backoff_base, settings.retry_cap, rng)
        self.requests = Requests(settings.backoff_base, settings.retry_cap, rng)

    def await_receipt(self, n: int, ticket: int) -> None:
        """A receipt for `n` may come later. Bounded: the oldest are forgotten."""
        self.direct[n] = ticket
        if len(self.direct) > RECEIPTS_KEPT:
            self.direct.popitem(last=False)
