"""Two who want one nickname, at two nodes: it must never be both's at one time.

What is certain: who says something and is told `accepted` held the name at some moment in between. So a holding is
noted from the first `accepted` to the moment when the last message that was accepted was said; and only when it is
over.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from drill.history import Happening, Kind
from drill.workload.notes import RACERS, Notes
from drill.workload.socketed import Lost, SocketUser
from wire.client import ClientProtocol
from wire.codes import Code
from wire.frames import Accepted, Bye, Error, Hello, Join, Joined, Quit, Say, Welcome

ROOM = "#race"
SAY_EVERY = 0.15
ASK_EVERY = 0.2
HOLD = (0.5, 3.0)
SILENCE = 5.0


class Racer(SocketUser):
    """`name`: the nickname that is raced for; `nick` tells the racers apart in the history."""

    def __init__(self, number: int, side: str, servers: Sequence[str], notes: Notes) -> None:
        super().__init__(f"{RACERS}{number}/{side}", servers, notes)
        self.name = f"{RACERS}{number}"
        self._protocol = ClientProtocol()
        self._session = ""
        self._n = 0
        self._said_at = 0.0  # of the message that is unanswered; 0: none
        self._sure: tuple[float, float] | None = None
        self._next = self._until = 0.0
        self._in_room = self._asked = False

    def _greet(self) -> None:
        self._protocol = ClientProtocol()
        self._session, self._n, self._said_at, self._in_room, self._asked = "", 0, 0.0, False, False
        self._next = 0.0

    def _heard(self, data: bytes) -> None:
        for frame in self._protocol.receive_data(data):
            match frame:
                case Welcome():
                    self._welcome(frame)
                case Joined() if frame.log == ROOM and frame.session == self._session:
                    self._in_room = True
                case Accepted():
                    self._accepted()
                case Error(code=Code.NICK_TAKEN):
                    self._asked, self._next = False, time.monotonic() + ASK_EVERY * random.uniform(0.5, 1.5)
                case Error() | Bye():
                    raise Lost("the turn is over")

    def _welcome(self, frame: Welcome) -> None:
        self.node, self._session = frame.node, frame.session
        self._until = time.monotonic() + random.uniform(*HOLD)
        self._send(self._protocol.send(Join(room=ROOM)))

    def _accepted(self) -> None:
        now = time.monotonic()
        self._sure = (self._sure[0] if self._sure else now, self._said_at)
        self._said_at = 0.0

    def _idle(self, now: float) -> None:
        if self._session and now > self._until:
            self._farewell()
            raise Lost("the turn is over")
        if now - self._heard_at > SILENCE:
            raise Lost("nothing was heard")
        if now < self._next or self._said_at:
            return
        if self._in_room:
            self._next, self._n = now + SAY_EVERY, self._n + 1
            self._said_at = now
            self._send(self._protocol.send(Say(n=self._n, to=ROOM, text=f"{self.nick} is here")))
        elif not self._session and not self._asked:
            self._asked = True
            self._send(self._protocol.send(Hello(client="drill", nick=self.name)))

    def _farewell(self) -> None:
        if self._session:
            self._send(self._protocol.send(Quit()))

    def _broken(self, reason: str) -> None:
        self._held()

    def _end(self) -> None:
        self._held()

    def _held(self) -> None:
        """Notes a holding that is over."""
        if self._sure and self._sure[1] > self._sure[0]:
            for kind, at in zip((Kind.HOLDS, Kind.FREES), self._sure, strict=True):
                self._notes.add(Happening(self.nick, kind, who=self.name, node=self.node, session=self._session, at=at))
        self._sure = None
