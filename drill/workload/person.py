"""What a user of the library is told, and what of it goes into the history."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from client import ChatClient, ChatError, Settings
from client.events import (
    AcceptedEvent,
    Connected,
    Disconnected,
    Event,
    JoinedEvent,
    LeftEvent,
    MaybeLost,
    MessageEvent,
    Moved,
    RefusedEvent,
    Stopped,
)
from drill.history import Happening, Kind
from drill.workload.notes import Notes, happenings
from drill.workload.plug import Plug
from drill.workload.stays import Stays
from drill.workload.texts import END, key


def patience(grace: float) -> Settings:
    """Of a client where broken sessions keep their places for `grace` seconds: one vain try must not cost it all."""
    usual, part = Settings(), grace / 4
    return Settings(
        connect_timeout=min(usual.connect_timeout, part),
        welcome_timeout=min(usual.welcome_timeout, part),
        backoff_cap=min(usual.backoff_cap, part),
    )


class Person:
    """One `ChatClient`, whose nickname is its name in the history. It tries `servers` as they stand.

    `_changed` guards all that follows it; it is told at each change. The client's own lock is never asked for while it
    is held by the network thread. `ends`: (log, nickname) of the last messages that came."""

    def __init__(self, nick: str, servers: Sequence[str], notes: Notes, patience: Settings | None = None) -> None:
        self.nick = nick
        self.ends: set[tuple[str, str]] = set()
        self.plug = Plug()
        self._notes = notes
        self._changed = threading.Condition(threading.RLock())
        self._stays = Stays(nick, notes)
        self._wishes: set[str] = set()  # rooms to be in
        self._lost_at = 0.0  # when the connection broke; 0: it stands
        self._left_at: float | None = None  # when the end was asked for, or came
        self._open: dict[str, str] = {}  # what has no outcome: key -> to
        self.chat = ChatClient(
            servers, nick, on_event=self._note, in_order=True, settings=patience, transport=self.plug
        )

    @property
    def rooms(self) -> frozenset[str]:
        """Where it was told that it is."""
        with self._changed:
            return self._stays.rooms

    @property
    def is_over(self) -> bool:
        """Whether it has ended, asked to or not."""
        return self._left_at is not None

    @property
    def node(self) -> str:
        """Where it is connected; empty: nowhere just now."""
        return "" if self._lost_at else self.chat.node

    # -- the client's network thread --------------------------------------------------------

    def _note(self, event: Event) -> None:
        if isinstance(event, MessageEvent) and event.text.endswith(END):
            self.ends.add((event.room or "@", event.nick))
        for happening in happenings(self.nick, self.chat.node, event):
            self._notes.add(happening)
        if not isinstance(event, MessageEvent):
            with self._changed:
                self._settle(event)
                self._stand(event)
                self._changed.notify_all()

    def _settle(self, event: Event) -> None:
        """Outcomes of what was said. Needs the lock."""
        if isinstance(event, AcceptedEvent | RefusedEvent):
            self._open.pop(key(event.text), None)
        elif isinstance(event, MaybeLost):
            for one in event.sayings:
                self._open.pop(key(one.text), None)

    def _stand(self, event: Event) -> None:
        """Where it is. Needs the lock."""
        match event:
            case Disconnected():
                self._lost_at = time.monotonic()
                self._notes.add(Happening(self.nick, Kind.DISCONNECTED, text=event.reason, node=event.node))
            case Moved():
                self._lost_at = 0.0
                self._notes.add(Happening(self.nick, Kind.MOVED, who=event.node, node=event.node))
            case Connected(former=str()):
                self._renewed(event)
            case Stopped(error=ChatError()):
                self._stop(str(event.error))
            case JoinedEvent(own=True):
                self._stays.entered(event.room, self.chat.node, event.session)
            case LeftEvent(own=True):
                self._put_out(event)

    def _renewed(self, event: Connected) -> None:
        """The session was lost and another one has begun: all rooms were left and are entered again."""
        lost_at, self._lost_at = self._lost_at or time.monotonic(), 0.0
        for room in self._stays.rooms:
            if room not in self._wishes:  # the old session, which was not told to leave, may be in for its grace yet
                self._stays.lost_from(room, lost_at)
                continue
            # The nickname was free, so that the old session has ended.
            self._stays.leaving(room, lost_at)
            self._stays.gone(room)
        self._notes.add(Happening(self.nick, Kind.RENEWED, who=event.node, node=event.node, session=event.session))
        for room in self._wishes if self._left_at is None else ():
            self._stays.opening(room, lost_at)

    def _put_out(self, event: LeftEvent) -> None:
        if event.room not in self._wishes:
            self._stays.gone(event.room)
            return
        # Nobody asked for it: a rewind did it.
        self._stays.leaving(event.room, self._lost_at or time.monotonic())
        self._stays.gone(event.room)
        if self._left_at is None:
            self._stays.opening(event.room)
            self.chat.join(event.room)

    def _stop(self, why: str) -> None:
        """It has ended by itself. Needs the lock."""
        if self._left_at is None:
            self._left_at = time.monotonic()
            self._notes.add(Happening(self.nick, Kind.STOPPED, text=why))
            self._stays.lost(self._lost_at or self._left_at)
            self._doubt()

    def _doubt(self) -> None:
        """What has no outcome by now will never have one. Needs the lock."""
        for words, to in self._open.items():
            self._notes.add(Happening(self.nick, Kind.UNSURE, to, text=words))
        self._open.clear()
