"""The owner of a registered nickname goes and comes with his password; a friend writes to him all the time; thieves
try to be him."""

from __future__ import annotations

import time
from itertools import count

from drill.history import Happening, Kind
from drill.workload.line import Broken, Line
from drill.workload.notes import CAST
from drill.workload.role import UNKNOWN, Role
from drill.workload.scene import Scene
from wire.codes import Code
from wire.frames import Error, Hello, Joined, Quit, Rename, ServerFrame, Welcome

PASSWORD = "correct horse battery"
WRONG = "correct horse, wrong battery"
FEW = 6
"""Wrong passwords in all: after ten from one address everybody there has to wait."""
STAYS = 6.0
"""Seconds for which the owner stays at the end, or until he has all: longer than he may wait for his letters."""
SEEN = 1.2
"""Seconds after which what was shown is acknowledged, if nothing is broken."""


class Registered(Scene):
    """Three people: the owner, the friend, who stays, and a thief, each time another one."""

    name = "registered"

    def _cast(self) -> None:
        self._owner = Role(f"{CAST}owner", self._servers, self._notes, self._patience)
        self._friend = Role(f"{CAST}friend", self._turned(), self._notes, self._patience)
        self._roles = [self._owner, self._friend]
        self._known = False  # whether the nickname is registered, as far as we were told
        self._wrong = 0
        self._thieves = count(1)

    def _play(self) -> None:
        self._befriend()
        if not self._enter():
            return
        self._write(self._rng.randint(0, 2))
        self._pause()
        calm = self._rng.random() < 0.5
        if calm:
            self._see_all()
        self._depart(calm)
        away = self._rng.choice((0.1, 0.5, 1.5)) * self._times.grace + self._rng.choice((0.0, self._times.lease))
        self._while_away(away)

    def _befriend(self) -> None:
        if not self._friend.is_in:
            self._friend.come()

    def _enter(self) -> bool:
        """The owner comes, with his password if he needs one, and sees to it that the nickname is his own."""
        answer = self._owner.come(PASSWORD if self._known else None)
        if answer == f"{int(Code.NOT_ADMITTED)}":
            self._known = not self._known
        if answer:
            return False
        own = self._owner.ask("register", "", self._owner.name, lambda chat: chat.register(PASSWORD))
        # Who got no answer may be registered: he is told, without a password, if it is so.
        self._known = self._known or own == ""
        return True

    def _write(self, letters: int) -> None:
        for _ in range(letters):
            self._friend.say(f"@{self._owner.name}")

    def _see_all(self) -> None:
        """All that came is acknowledged, as far as he can know: what he asks since is answered."""
        self._friend.flush(SEEN)
        self._over.wait(2 * SEEN)
        self._owner.ask("whois", "", self._owner.name, lambda chat: chat.whois(self._owner.name))
        self._over.wait(SEEN)

    def _depart(self, calm: bool) -> None:
        if calm or self._rng.random() < 0.5:
            self._owner.quit()
        else:
            self._owner.crash()

    def _while_away(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._over.is_set():
            self._write(self._rng.randint(0, 2))
            self._steal()
            if time.monotonic() >= until:
                return
            self._over.wait(min(seconds / 3, until - time.monotonic()))

    # -- the thief ------------------------------------------------------------------------------

    def _steal(self) -> None:
        thief = f"{CAST}thief-{next(self._thieves)}"
        way = self._rng.choice(("come", "come", "password", "rename"))
        if way == "password" and self._wrong >= FEW:
            way = "come"
        self._wrong += way == "password"
        act = "rename" if way == "rename" else "come"
        try:
            with Line(self._rng.choice(self._servers)) as line:
                self._notes.add(Happening(thief, Kind.ASKED, who=self._owner.name, text=act, n=1))
                answer = self._tried(line, way, thief)
        except Broken:
            return
        if answer != UNKNOWN:
            self._notes.add(Happening(thief, Kind.ANSWERED, text=answer, n=1))

    def _tried(self, line: Line, way: str, thief: str) -> str:
        nick = thief if way == "rename" else self._owner.name
        line.tell(Hello(client="drill", nick=nick, password=WRONG if way == "password" else None))
        frame = line.wait(lambda frame: isinstance(frame, Welcome | Error))
        if way == "rename" and isinstance(frame, Welcome):
            line.tell(Rename(nick=self._owner.name, id=1))
            frame = line.wait(_answers)
        elif way == "rename":
            return UNKNOWN
        if not isinstance(frame, Error):
            line.tell(Quit())
            return ""
        return f"{int(frame.code)}"

    # -- the end ----------------------------------------------------------------------------------

    def _curtain(self) -> None:
        until = time.monotonic() + self._times.settle
        while time.monotonic() < until and not self._abandoned:
            self._befriend()
            if self._friend.is_in and self._enter():
                break
            time.sleep(0.5)
        self._friend.flush(max(1.0, until - time.monotonic()))
        if last := self._friend.say(f"@{self._owner.name}", last=True):
            self._owner.wait_heard(last, max(STAYS, until - time.monotonic()))


def _answers(frame: ServerFrame) -> bool:
    return isinstance(frame, Joined | Error) and frame.id == 1
