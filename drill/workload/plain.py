"""People with `nc`: each connection is a stay of its own, under a nickname of its own."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence

from drill.history import Kind
from drill.workload.notes import Notes, shown, told
from drill.workload.socketed import Lost, SocketUser
from drill.workload.stays import LOBBY, Stays
from drill.workload.texts import END, drill_text, key, last_text
from wire.lines import LineSplitter, TooLong

_SPEECH = re.compile(
    r"(?P<history>\(history\) )?(?P<late>\(late\) )?(?:(?P<room>#\S+) )?(?P<nick>[^\s:@*!]+): (?P<text>.*)"
)
_LETTER = re.compile(r"(?P<history>\(history\) )?(?P<late>\(late\) )?@(?P<nick>\S+) -> you: (?P<text>.*)")
_CAME = re.compile(r"\* (?P<nick>\S+) (?P<what>joined|left)(?: (?P<room>#\S+))?(?: \(.*\))?")
_GAP = re.compile(
    r"! (?P<where>#\S+|your direct messages): complete to #(?P<complete>\d+); (?P<missing>.*) may be missing"
)
_SILENCE = 15.0
"""Seconds; the talk of the others is never silent for so long but in an outage."""


class PlainUser(SocketUser):
    """Comes again and again, as `<nick>-1`, `<nick>-2` …; says `rate` messages a second while `talking`."""

    def __init__(self, nick: str, servers: Sequence[str], notes: Notes, rate: float = 1.0) -> None:
        super().__init__(nick, servers, notes)
        self._pause = 1.0 / rate
        self._name = nick
        self._lives = self._numbers = 0
        self._past: list[Stays] = []
        self._speak_at = 0.0
        self._lines = LineSplitter(1 << 20)

    def settled(self) -> None:
        for stays in [*self._past, self._stays]:
            stays.settled()

    def _greet(self) -> None:
        self._lives += 1
        self.nick = f"{self._name}-{self._lives}"
        self._past.append(self._stays)
        self._stays = Stays(self.nick, self._notes)
        self._lines = LineSplitter(1 << 20)
        self._stays.opening(LOBBY)
        self._send(self.nick.encode() + b"\n")

    def _heard(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            if isinstance(line, TooLong):
                raise Lost("a line without an end")
            self._line(line.decode())

    def _line(self, line: str) -> None:
        if line.startswith("* you are in #lobby"):
            self._stays.entered(LOBBY, self.node)
        elif line.startswith("* "):
            self._came(line)
        elif line.startswith("! "):
            self._gap(line)
        elif not line.startswith("  | "):
            self._message(line)

    def _came(self, line: str) -> None:
        found = _CAME.fullmatch(line)
        if found and found["nick"] != self.nick:
            kind = Kind.JOINED if found["what"] == "joined" else Kind.LEFT
            for happening in told(self.nick, kind, found["room"] or LOBBY, found["nick"], self.node):
                self._notes.add(happening)

    def _gap(self, line: str) -> None:
        found = _GAP.fullmatch(line)
        if found is None:
            return  # an error, which is no promise
        numbers = [int(number) for number in re.findall(r"\d+", found["missing"])]
        last = 0 if "what followed" in found["missing"] else numbers[-1]
        where = found["where"] if found["where"].startswith("#") else "@"
        self._note(Kind.GAP, where, first=numbers[0], last=last)

    def _message(self, line: str) -> None:
        found, where = _LETTER.fullmatch(line), "@"
        if found is None:
            found, where = _SPEECH.fullmatch(line), ""
        if found is None:
            return
        kind = shown(bool(found["history"]), bool(found["late"]))
        # What is not harmless is shown in another form: only the key can be compared.
        self._note(kind, where or found["room"] or LOBBY, found["nick"], found["text"].partition(" ")[0])
        if found["text"].endswith(END):
            self.ends.add((where or found["room"] or LOBBY, found["nick"]))

    def _idle(self, now: float) -> None:
        if now - self._heard_at > _SILENCE:
            raise Lost("nothing was heard")
        if not self.is_in:
            return
        if self.talking and now >= self._speak_at:
            self._speak_at = now + self._pause * random.uniform(0.5, 1.5)
            self._say(self._next_text())
        elif self._finish:
            self._finish = False
            self._say(last_text(self.nick, self._numbers + 1))

    def _next_text(self) -> str:
        """One that fits on a line, and is not trimmed."""
        while True:
            self._numbers += 1
            words = drill_text(self.nick, self._numbers)
            if words == words.strip() and "\n" not in words:
                return words

    def _say(self, words: str) -> None:
        self._note(Kind.SENT, LOBBY, text=key(words))
        # It is told no outcome, so nobody knows any.
        self._note(Kind.UNSURE, LOBBY, text=key(words))
        self._send(words.encode() + b"\n")

    def _farewell(self) -> None:
        self._stays.lost(time.monotonic())
        self._send(b"\\q\n")
        until = time.monotonic() + 2.0
        try:
            while time.monotonic() < until:
                self._read()
        except Lost:
            pass

    def _broken(self, reason: str) -> None:
        self._stays.lost(self._heard_at)

    def _end(self) -> None:
        self._stays.lost(self._heard_at)
