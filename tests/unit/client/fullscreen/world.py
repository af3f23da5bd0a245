"""Events as a client of one room is told them, and a model that hears them."""

from __future__ import annotations

import time
from typing import Any

from client import events as ev
from client.fullscreen.conversation import Conversation
from client.fullscreen.delivery import Delivery
from client.fullscreen.hearing import Hearing
from client.fullscreen.model import Model, Ring
from client.fullscreen.rows import Row

NOON = int(time.mktime((2026, 3, 14, 12, 0, 0, 0, 0, -1)) * 1000)
DAY = 24 * 3600 * 1000


def message(
    offset: int, text: str = "", nick: str = "bob", room: str | None = "#lobby", **other: Any
) -> ev.MessageEvent:
    given: dict[str, Any] = {
        "session": f"s-{nick}", "n": offset, "time": NOON + offset * 1000, "epoch": "e1", "offset": offset, **other
    }  # fmt: skip
    return ev.MessageEvent(room=room, nick=nick, text=text or f"text {offset}", **given)


def joined(nick: str = "alice", room: str = "#lobby", **other: Any) -> ev.JoinedEvent:
    return ev.JoinedEvent(room, nick, f"s-{nick}", NOON, **other)


class World:
    """alice, in #lobby."""

    def __init__(self, clock: int = NOON) -> None:
        """`clock`: what her own one shows, Unix ms."""
        self.asked: list[str] = []
        self.model = Model("alice", "#lobby", now=lambda: clock / 1000)
        self.delivery = Delivery(self.model)
        self.hearing = Hearing(self.model, self.delivery, self.asked.append)
        self.clock = 100.0
        self.hear(
            ev.Connected("n1", "alice", "s-alice", "127.0.0.1:7701"), joined(own=True, count=1, members=("alice",))
        )

    def hear(self, *events: ev.Event) -> list[Ring]:
        return self.hearing.hear(events, self.clock)

    @property
    def lobby(self) -> Conversation:
        return self.model.conversations["#lobby"]

    def texts(self, key: str = "#lobby") -> list[str]:
        """What was said there."""
        return [one.text for one in self.model.conversations[key].entries if one.spoken]


def flat(row: Row) -> str:
    return "".join(span.text for span in row).rstrip()


def screen(conversation: Conversation) -> list[str]:
    return [flat(row) for row in conversation.view.rows()]
