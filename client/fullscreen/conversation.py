"""A room or a person one talks to: what was said, what was not read, what is half written. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from client.fullscreen.cells import nick_width
from client.fullscreen.entry import Entry, Kind, Mark
from client.fullscreen.people import People
from client.fullscreen.view import View

MOST = 20_000
"""Entries kept; what is older is fetched again when somebody scrolls there."""
SPARE = 1_000
MOST_COMINGS = 20
COMINGS_WITHIN = 15 * 60 * 1000
"""Milliseconds from the first to the last in one line."""


class Conversation:
    """`key`: "#room", or "@" and the mapped nickname. `title`: what people see. One thread."""

    def __init__(self, key: str, title: str) -> None:
        self.key = key
        self.title = title
        self.topic = ""
        self.entries: list[Entry] = []
        self.pending: list[Entry] = []  # said by us, not in the log yet: they stand below all others
        self.people = People()
        self.view = View(self)
        self.unread = 0
        self.mentions = 0
        self.first_unread: int | None = None  # its serial
        self.names = 0  # how wide the widest nickname is that speaks here
        self.below = 0  # spoken entries that came while the view did not follow
        self.draft = ""
        self.partner = ""  # of a person's: the session that wrote last
        self.present = False  # whether we are in the room
        self.whole = self.private  # nothing older can be had; a person's inbox has no history
        self.loading = False
        self.top = 0  # the newest offset seen, in `epoch`
        self.epoch = ""
        self.gap = ""  # what may be missing
        self._known: set[tuple[str, int]] = set()

    @property
    def private(self) -> bool:
        return self.key.startswith("@")

    @property
    def first_offset(self) -> int:
        """Of the oldest message that is here; 0: none is."""
        return next((one.offset for one in self.entries if one.offset and one.epoch == self.epoch), 0)

    def knows(self, identity: tuple[str, int] | None) -> bool:
        return identity in self._known

    def add(self, entry: Entry, *, live: bool = True) -> bool:
        """Below all others but what is pending. False: it stands there already. `live`: counts as unread
        where the caller says so."""
        if self.knows(entry.identity):
            return False
        entry.serial = self.entries[-1].serial + 1 if self.entries else 0
        self.entries.append(entry)
        self._note(entry)
        if live and entry.spoken and not self.view.following:
            self.below += 1
        if len(self.entries) > MOST + SPARE:
            self._trim()
        return True

    def add_coming(self, text: str, time: int) -> None:
        """Who comes and goes one after the other is told in one line: a busy room is for the talk."""
        last = self.entries[-1] if self.entries else None
        if last is None or not 0 < last.comings < MOST_COMINGS or time - last.time > COMINGS_WITHIN:
            self.add(Entry(Kind.QUIET, text, time, comings=1))
            return
        last.text, last.cached = f"{last.text}, {text}", None
        last.comings += 1

    def note(self, kind: Kind, text: str, time: int) -> None:
        """Unless it stands last already: what is told for each room is told here once."""
        if not self.entries or self.entries[-1].text != text:
            self.add(Entry(kind, text, time))

    def prepend(self, older: Sequence[Entry]) -> int:
        """Above all others, oldest first; what is known is left out. How many were new."""
        fresh = [one for one in older if not self.knows(one.identity)]
        first = self.entries[0].serial if self.entries else 0
        for at, entry in enumerate(fresh):
            entry.serial = first - len(fresh) + at
            self._note(entry)
        self.entries[:0] = fresh
        return len(fresh)

    def place(self, entry: Entry) -> bool:
        """A message of the log that is older than others here (the history told on joining again)."""
        if self.knows(entry.identity):
            return False
        at = self._slot(entry)
        if at == len(self.entries):
            return self.add(entry, live=False)
        self.entries.insert(at, entry)
        base = self.entries[0].serial if at else self.entries[1].serial
        for serial, one in enumerate(self.entries[at:], base + at):
            one.serial = serial
        if self.first_unread is not None and self.first_unread >= entry.serial:
            self.first_unread += 1
        self.view.inserted(entry.serial)
        self._note(entry)
        return True

    def _slot(self, entry: Entry) -> int:
        """By offset among the messages; by time among what stands between those, which has our own clock's."""
        end = len(self.entries)
        for at in range(end - 1, -1, -1):
            one = self.entries[at]
            if one.offset and one.epoch == entry.epoch:
                if one.offset < entry.offset:
                    return bisect.bisect_right(self.entries, entry.time, at + 1, end, key=_time)
                end = at
        return bisect.bisect_right(self.entries, entry.time, 0, end, key=_time)

    def await_outcome(self, entry: Entry) -> None:
        entry.mark = Mark.PENDING
        self.pending.append(entry)
        self._widen(entry)
        self.view.follow()

    def settle(self, entry: Entry, mark: Mark) -> None:
        """A pending one takes its place."""
        if entry in self.pending:
            self.pending.remove(entry)
            entry.mark = mark
            self.add(entry, live=False)

    def seen(self) -> None:
        """The user looks at its end."""
        self.unread = self.mentions = self.below = 0

    def clear(self) -> None:
        """Empties the screen, not the log."""
        self.entries.clear()
        self.first_unread, self.below, self.whole, self.gap = None, 0, self.private, ""
        self.names = 0
        self._known.clear()
        self.view.follow()

    def count_unread(self, entry: Entry) -> None:
        """Counts it, and marks where what is unread begins."""
        if self.unread == 0:
            self.first_unread = entry.serial
        self.unread += 1
        self.mentions += entry.mention or self.private

    def _widen(self, entry: Entry) -> None:
        if entry.kind is Kind.TALK:
            self.names = max(self.names, nick_width(entry.nick))

    def _note(self, entry: Entry) -> None:
        self._widen(entry)
        if entry.identity is not None:
            self._known.add(entry.identity)
        if entry.epoch and entry.epoch != self.epoch and entry.offset:
            self.epoch, self.top = entry.epoch, 0
        self.top = max(self.top, entry.offset)

    def _trim(self) -> None:
        for entry in self.entries[:SPARE]:
            self._known.discard(entry.identity)
        del self.entries[:SPARE]
        self.whole = self.private
        self.view.trimmed()


def _time(entry: Entry) -> int:
    return entry.time
