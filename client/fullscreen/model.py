"""Everything that the full-screen client knows. Pure: no widget, no socket, no clock of its own.

`hearing` changes it by what the client is told, `doing` by what the user types.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from client.fullscreen.conversation import Conversation
from client.fullscreen.entry import Entry, Kind
from client.fullscreen.line_state import LineState
from client.terminal.wording import Kind as LineKind, Line
from wire.errors import WireError
from wire.names import nickname, room as room_name

WRONG_CLOCK = 10.0
RENAMED = 4096
"""So many sessions that changed their names are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody wants the user: a mention or a direct message. `text` is as it was sent."""

    key: str
    title: str
    text: str


@lru_cache(maxsize=4096)
def mapped(nick: str) -> str:
    """To compare nicknames, also those that another version allows and this one does not."""
    try:
        return nickname(nick).mapped
    except WireError:
        return nick.casefold()


class Model:
    """One thread. `now`: Unix seconds."""

    def __init__(self, nick: str, room: str, now: Callable[[], float] = time.time) -> None:
        self._clock, self._wrong = now, 0.0  # by how many seconds our clock is behind the cluster's
        self.line = LineState()
        self.session = ""
        self.muted: set[str] = set()  # keys of conversations
        self.watched = True  # False: the terminal says that another window has the keyboard
        self.away = ""  # what to show of it while one is away
        self.unsent = 0
        self.wanted: set[str] = {room_name(room)}  # rooms that we asked to enter
        self.found = ""  # what is searched
        self.rooms_known: set[str] = set()  # told by /rooms
        self._renamed: dict[str, int] = {}  # session -> when it was renamed, as far as we followed
        self.conversations: dict[str, Conversation] = {}
        self.current = self.open(room_name(room), room)
        self.rename(nick)

    def now(self) -> float:
        """Unix seconds, as the cluster has them."""
        return self._clock() + self._wrong

    def set_clock(self, now: int) -> None:
        """`now`: Unix ms of what the cluster has just done. Where our own clock is wrong by much, what we tell would
        stand beside the messages with another hour, or below another day; also what we have told already."""
        wrong = now / 1000 - self._clock()
        wrong = wrong if abs(wrong) > WRONG_CLOCK else 0.0
        shift, self._wrong = round((wrong - self._wrong) * 1000), wrong
        for entry in (one for where in self.listed() for one in where.entries if one.kind is Kind.NOTICE and shift):
            entry.time += shift

    # -- names ---------------------------------------------------------------------------

    def rename(self, nick: str) -> None:
        self.nick = nick
        self._called = re.compile(rf"(?<!\w){re.escape(nick)}(?!\w)", re.IGNORECASE)

    def mentions_me(self, text: str) -> bool:
        return self._called.search(text) is not None

    def mute(self, names: Iterable[str]) -> None:
        """`#room` or `@nick`."""
        self.muted |= {"@" + mapped(name[1:]) if name.startswith("@") else name for name in names}

    # -- conversations -------------------------------------------------------------------

    def open(self, key: str, title: str) -> Conversation:
        """The conversation of that key; a new one stands last."""
        if key not in self.conversations:
            self.conversations[key] = Conversation(key, title)
        return self.conversations[key]

    def room(self, name: str) -> Conversation:
        return self.open(name, name)

    def person(self, nick: str) -> Conversation:
        found = self.open("@" + mapped(nick), "@" + nick)
        found.title = "@" + nick
        return found

    def follow(self, former: str, nick: str, session: str, time: int) -> None:
        """Who is called `nick` now is talked to under that name, in the same place. It is told again for each room
        that one shares: by then somebody else may have the former name."""
        if time <= self._renamed.get(session, 0):
            return
        self._renamed.pop(session, None)
        self._renamed[session] = time
        if len(self._renamed) > RENAMED:
            del self._renamed[next(iter(self._renamed))]
        old, new = "@" + mapped(former), "@" + mapped(nick)
        if old not in self.conversations or (new != old and new in self.conversations):
            return
        going = self.conversations[old]
        going.key, going.title = new, "@" + nick
        self.conversations = {one.key: one for one in self.conversations.values()}

    def addressed(self, to: str) -> Conversation:
        """`#room` or `@nick`."""
        return self.person(to[1:]) if to.startswith("@") else self.room(to)

    def listed(self) -> list[Conversation]:
        return list(self.conversations.values())

    def switch(self, to: Conversation) -> None:
        """The new one's unread messages are seen, their beginning stays marked until one leaves it."""
        if to is not self.current:
            self.current.first_unread = None
            self.current = to
        if to.view.following:
            to.seen()

    def watch(self, watched: bool) -> None:
        """The user looks at this window, or at another one: what comes meanwhile is unread."""
        self.watched = watched
        if watched and self.current.view.following:
            self.current.seen()

    def close(self, key: str) -> None:
        """Away with it; the last one stays, so that there is a place to type."""
        going = self.conversations.get(key)
        if going is None:
            return
        going.present = False
        if len(self.conversations) == 1:
            return
        self.step_aside(going)
        del self.conversations[key]

    def step_aside(self, going: Conversation) -> None:
        """From the one that is about to go to the one above it, if there is one."""
        order = self.listed()
        at = order.index(going)
        if going is self.current and len(order) > 1:
            self.switch(order[at - 1] if at else order[1])

    # -- what is shown -------------------------------------------------------------------

    def tell(self, line: Line, where: Conversation | None = None) -> None:
        """A line of `wording` in a conversation, by default the one on the screen."""
        when = int(self.now() * 1000) if line.time is None else line.time
        (where or self.current).add(Entry(_KINDS[line.kind], "\n".join((line.text, *line.more)), when))

    def note(self, text: str, kind: Kind = Kind.QUIET) -> None:
        self.current.add(Entry(kind, text, int(self.now() * 1000)))


_KINDS = {
    LineKind.TALK: Kind.TALK,
    LineKind.PRIVATE: Kind.TALK,
    LineKind.HISTORY: Kind.QUIET,
    LineKind.ANNOUNCEMENT: Kind.ANNOUNCEMENT,
    LineKind.QUIET: Kind.QUIET,
    LineKind.NOTICE: Kind.NOTICE,
    LineKind.TROUBLE: Kind.TROUBLE,
    LineKind.GAP: Kind.GAP,
}
