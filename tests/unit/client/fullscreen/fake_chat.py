"""A client without a network: keeps what it was asked, and tells what a test says."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, cast

from client import events as ev
from client.chat import ChatClient
from client.handles import Reply, Sending


class FakeChat:
    """`asked`: (method, arguments …) of all calls."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.refuse: Exception | None = None
        self.pending = 0
        self._changed = threading.Condition()
        self._events: deque[ev.Event] = deque()
        self.tickets = 0

    @property
    def client(self) -> ChatClient:
        return cast(ChatClient, self)

    def tell(self, *events: ev.Event) -> None:
        with self._changed:
            self._events.extend(events)
            self._changed.notify_all()

    joined: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether all was taken."""
        return not self._events

    def next_event(self, timeout: float | None = None) -> ev.Event | None:
        with self._changed:
            self._changed.wait_for(lambda: self._events, timeout)
            return self._events.popleft() if self._events else None

    def say(self, text: str, to: str = "#lobby", *, timeout: float | None = None, action: bool = False) -> Sending:
        self._ask("me" if action else "say", to, text)
        return Sending(self.tickets, to, text, self._changed)

    def __getattr__(self, name: str) -> Any:
        rights = "guard", "invite", "remove", "mute", "unmute", "hand_over"
        if name not in (
            "join",
            "leave",
            "who",
            "rooms",
            "history",
            "topic",
            "away",
            "back",
            "rename",
            "whois",
            *rights,
            "register",
        ):
            raise AttributeError(name)

        def ask(*given: Any, **named: Any) -> Reply[Any]:
            self._ask(name, *given, *named.values())
            return Reply(self.tickets, self._changed)

        return ask

    def _ask(self, *what: Any) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.tickets += 1
        self.asked.append(what)
