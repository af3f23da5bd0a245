"""A user of the library who does what it is told to, and writes down all that happens to it."""

from __future__ import annotations

import time

from client import ChatError, Unreachable
from drill.history import Happening, Kind
from drill.workload.person import Person
from drill.workload.stays import LOBBY
from drill.workload.texts import drill_text, key, last_text

ENTER_WITHIN = 30.0
BUSY = 100
"""Unanswered messages with which a talker lets others speak: it may be in an outage."""


class Talker(Person):
    """Its methods are for one thread at a time; `wait_in`, `wait_out` and what tells how it stands, for any."""

    said = 0

    def enter(self, within: float = ENTER_WITHIN) -> bool:
        """Comes into the lobby; whether it was let in within so many seconds."""
        with self._changed:
            self._wishes.add(LOBBY)
            self._stays.opening(LOBBY)
        try:
            self.chat.start(within)
        except ChatError as error:
            with self._changed:
                if isinstance(error, Unreachable):
                    self._give_up()
                else:
                    self._stop(str(error))
            return False
        return self.wait_in(LOBBY, within)

    def wait_in(self, room: str, within: float) -> bool:
        """Whether it was told within so many seconds that it is in `room`."""
        with self._changed:
            self._changed.wait_for(lambda: room in self._stays.rooms or self.is_over, within)
            return room in self._stays.rooms

    def wait_out(self, room: str, within: float) -> bool:
        """Whether it was told within so many seconds that it is not in `room`."""
        with self._changed:
            return self._changed.wait_for(lambda: room not in self._stays.rooms, within)

    def say(self, to: str = LOBBY, words: str | None = None) -> str:
        """Says `words`, or something new, and does not wait for the outcome. Returns its key.
        Raises ChatError when it can't be said."""
        self.said += 1
        words = words or drill_text(self.nick, self.said)
        noted = key(words)
        self._notes.add(Happening(self.nick, Kind.SENT, to, text=noted))
        with self._changed:
            self._open[noted] = to
        try:
            self.chat.say(words, to, timeout=30.0)
        except ChatError:
            with self._changed:
                if self._open.pop(noted, None) is not None:
                    self._notes.add(Happening(self.nick, Kind.REFUSED, to, text=noted))
            raise
        return noted

    def say_last(self, to: str = LOBBY) -> None:
        """The last that it says there. Raises ChatError."""
        self.say(to, last_text(self.nick, self.said + 1))

    def join(self, room: str) -> None:
        """Asks for it; see `wait_in`. Raises ChatError."""
        with self._changed:
            self._wishes.add(room)
            self._stays.opening(room)
        self.chat.join(room)

    def leave(self, room: str) -> None:
        """Asks for it; see `wait_out`. Raises ChatError."""
        with self._changed:
            self._wishes.discard(room)
            self._stays.leaving(room)
        self.chat.leave(room)

    def leaving(self) -> None:
        """Notes that it is about to quit; it is gone for sure when `settled`: a farewell may be unheard."""
        with self._changed:
            self._give_up()

    def quit(self) -> None:
        """Quits in order; after `leaving`, if the history is to have it."""
        self.chat.quit()
        with self._changed:
            self._doubt()

    def crash(self) -> None:
        """Ends without a word and does not come back."""
        self.leaving()
        self.plug.pull()
        self.close()

    def settled(self) -> None:
        """Whatever was left is left for sure by now."""
        with self._changed:
            self._stays.settled()

    def close(self) -> None:
        """Ends whatever runs. Idempotent."""
        self.chat.close()
        with self._changed:
            self._give_up()
            self._doubt()

    def _give_up(self) -> None:
        """Needs the lock."""
        if self._left_at is None:
            self._left_at = time.monotonic()
            self._stays.lost(self._left_at)

    @property
    def pending(self) -> int:
        """How much of what was said has no outcome."""
        return self.chat.pending

    @property
    def is_busy(self) -> bool:
        """Whether others should speak."""
        return self.is_over or self.pending > BUSY
