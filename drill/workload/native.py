"""A user with a bare socket that speaks the native dialect by docs/protocol.md, without the library: what the library
smooths over is seen here as it comes."""

from __future__ import annotations

import math
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drill.history import Happening, Kind
from drill.workload.cursors import Cursors
from drill.workload.notes import Notes, shown, told
from drill.workload.said import Said
from drill.workload.socketed import Lost, SocketUser
from drill.workload.stays import LOBBY
from drill.workload.texts import END, drill_text, key, last_text
from wire.client import ClientProtocol
from wire.codes import Code, may_retry
from wire.errors import WireError
from wire.frames import (
    Accepted,
    Ack,
    Bye,
    ClientFrame,
    Error,
    Gap,
    Hello,
    Joined,
    Left,
    Message,
    Ping,
    Quit,
    Receipt,
    Reconnect,
    Say,
    Topic,
    Welcome,
)

ACK_EVERY = 0.25
GIVE_UP_NAME = 90.0
"""Seconds after which a nickname that stays taken was lost for good."""


class NativeUser(SocketUser):
    """Says `rate` messages a second to the lobby while `talking`, its last one when told to `finish`."""

    def __init__(self, nick: str, servers: Sequence[str], notes: Notes, rate: float = 2.0) -> None:
        super().__init__(nick, servers, notes)
        self._pause = 1.0 / rate
        self._numbers = 0
        self._token = secrets.token_urlsafe(16)
        self._session = ""
        self._renewing = False
        self._opened_at = self._taken_since = 0.0
        self._said, self._cursors = Said(), Cursors()
        self._protocol = ClientProtocol()
        self._heartbeat = 1.0
        self._speak_at = self._ping_at = self._ack_at = 0.0
        self._go_at = math.inf  # told to go elsewhere then
        self._on: Mapping[type[Any], Callable[[Any], None]] = {
            Welcome: self._welcome, Error: self._error, Accepted: self._accepted, Message: self._message,
            Joined: self._joined, Left: self._left, Gap: self._gap, Receipt: self._moved, Bye: self._bye,
            Topic: self._moved, Reconnect: self._reconnect,
        }  # fmt: skip
        self._connected = False

    @property
    def is_settled(self) -> bool:
        """Whether it is connected, and all that it said has an outcome. Any thread."""
        return self._connected and not self._said.open

    # -- a connection -----------------------------------------------------------------------

    def _greet(self) -> None:
        self._protocol = ClientProtocol()
        if self._session:
            hello = Hello(
                client="drill", nick=self.nick, session=self._session, token=self._token,
                cursors=self._cursors.now, n=self._said.known,
            )  # fmt: skip
        else:
            self._open_lobby()
            hello = Hello(client="drill", nick=self.nick, token=self._token)
        self._tell(hello)
        self._ping_at = time.monotonic() + self._heartbeat
        self._go_at = math.inf

    def _open_lobby(self) -> None:
        if self._renewing:
            self._opened_at = self._opened_at or time.monotonic()  # noted after RENEWED
        elif not self._stays.is_opening:
            self._stays.opening(LOBBY)

    def _heard(self, data: bytes) -> None:
        for frame in self._protocol.receive_data(data):
            if isinstance(frame, WireError):
                raise Lost(f"the node said what can't be read: {frame.text}")
            handler = self._on.get(type(frame))
            if handler:
                handler(frame)

    def _tell(self, frame: ClientFrame) -> None:
        self._send(self._protocol.send(frame))

    def _idle(self, now: float) -> None:
        if now - self._heard_at > max(5.0, 2 * self._heartbeat) or (
            self._connected and now - self._heard_at > 2 * self._heartbeat
        ):
            raise Lost("nothing was heard from it")
        if not self._connected:
            return
        if now >= self._go_at:
            raise Lost("the node said that we should go elsewhere")
        if now >= self._ping_at:
            self._tell(Ping())
            self._ping_at = now + self._heartbeat / 2
        if now >= self._ack_at:
            self._tell(Ack(cursors=self._cursors.now))
            self._ack_at = now + ACK_EVERY
        self._speak(now)

    def _speak(self, now: float) -> None:
        if self.talking and now >= self._speak_at and len(self._said.open) < 32:
            self._speak_at = now + self._pause * random.uniform(0.5, 1.5)
            self._say(drill_text)
        elif self._finish and not self._said.open:
            self._finish = False
            self._say(last_text)
        due = self._said.due(now)
        if due is not None:
            n, saying = due
            self._tell(Say(n=n, to=saying.to, text=saying.words, again=saying.seen))

    def _say(self, make: Callable[[str, int], str]) -> None:
        self._numbers += 1
        words = make(self.nick, self._numbers)
        self._note(Kind.SENT, LOBBY, text=key(words))
        self._said.add(LOBBY, words)

    # -- what the node says -------------------------------------------------------------------

    def _welcome(self, frame: Welcome) -> None:
        former, self.node = self.node, frame.node
        self._heartbeat = frame.heartbeat
        if frame.session != self._session:
            if self._renewing:
                self._note(Kind.RENEWED, who=frame.node, session=frame.session)
                self._stays.opening(LOBBY, self._opened_at)
            self._session = frame.session
            self._token = frame.token or self._token
            self._cursors.begin(frame.logs)
        else:
            self._cursors.resume(frame.logs)
            if former:
                self._note(Kind.MOVED, who=frame.node)
            if not self._said.back_to(frame.n):
                self._lose_session()
        self._renewing, self._taken_since, self._connected = False, 0.0, True

    def _error(self, frame: Error) -> None:
        if frame.n is not None and frame.code == Code.OUT_OF_ORDER and frame.last is not None:
            if not self._said.back_to(frame.last):
                self._lose_session()
        elif frame.n is not None and may_retry(frame.code):
            self._said.again(time.monotonic())
        elif frame.n is not None:
            saying = self._said.outcome(frame.n)
            if saying is not None:
                self._note(Kind.REFUSED, saying.to, f"{frame.code}", key(saying.words))
        elif frame.code in (Code.RESUME_REFUSED, Code.ENDED):
            self._lose_session()
        elif frame.code == Code.NICK_TAKEN:
            self._name_taken(frame)
        else:
            raise Lost(f"{frame.code} {frame.text}")

    def _name_taken(self, frame: Error) -> None:
        """By our own lost session, for a while."""
        self._taken_since = self._taken_since or time.monotonic()
        if time.monotonic() - self._taken_since > GIVE_UP_NAME:
            self._note(Kind.STOPPED, text=frame.text)
            self._over.set()
        raise Lost(frame.text)

    def _lose_session(self) -> None:
        for saying in self._said.renew():
            self._note(Kind.UNSURE, saying.to, text=key(saying.words))
        self._session, self._token, self._renewing = "", secrets.token_urlsafe(16), True
        self._opened_at = 0.0
        self._stays.lost(self._heard_at)
        raise Lost("the session was lost")

    def _accepted(self, frame: Accepted) -> None:
        saying = self._said.outcome(frame.n)
        if saying is not None:
            said = key(saying.words)
            self._note(Kind.ACCEPTED, saying.to, "", said, epoch=frame.epoch, offset=frame.offset, n=frame.n)

    def _message(self, frame: Message) -> None:
        if frame.history:
            self._cursors.saw(frame)
        else:
            self._moved(frame)
            if frame.session == self._session:
                self._said.saw(frame.n, (frame.epoch, frame.offset))
        if not self._cursors.is_news(frame):
            return
        kind = shown(frame.history, frame.late)
        place = (frame.epoch, frame.offset, 0, 0, self.node, frame.session, frame.n)
        self._notes.add(Happening(self.nick, kind, frame.log, frame.nick, key(frame.text), *place))
        if frame.text.endswith(END):
            self.ends.add((frame.log, frame.nick))

    def _joined(self, frame: Joined) -> None:
        if frame.former:  # nobody joined
            if frame.id is None:
                self._moved(frame)
            return
        known = self._cursors.has_had(frame.log, frame.was)
        self._moved(frame)
        if frame.session == self._session:
            self._stays.entered(frame.log, self.node, frame.session)
        if known or frame.session == self._session:
            return
        for happening in told(self.nick, Kind.JOINED, frame.log, frame.nick, self.node):
            self._notes.add(happening)

    def _left(self, frame: Left) -> None:
        known = self._cursors.has_had(frame.log, frame.was)
        self._moved(frame)
        for happening in () if known else told(self.nick, Kind.LEFT, frame.log, frame.nick, self.node):
            self._notes.add(happening)

    def _gap(self, frame: Gap) -> None:
        if self._cursors.concerns(frame):
            first = self._cursors.first_missing(frame)
            self._note(Kind.GAP, frame.log, epoch=frame.former, first=first, last=frame.last)
        self._cursors.skipped(frame)
        self._moved(frame)

    def _moved(self, frame: Message | Joined | Left | Gap | Receipt | Topic) -> None:
        self._cursors.moved(frame.log, frame.epoch, frame.offset)

    def _reconnect(self, frame: Reconnect) -> None:
        self.go_first = frame.where or ""
        self._go_at = time.monotonic() + frame.after / 1000

    def _bye(self, frame: Bye) -> None:
        raise Lost("bye")

    # -- ends -----------------------------------------------------------------------------------

    def _broken(self, reason: str) -> None:
        if self._connected:
            self._note(Kind.DISCONNECTED, text=reason)
        self._connected = False

    def _farewell(self) -> None:
        self._stays.lost(time.monotonic())
        self._tell(Quit())
        until = time.monotonic() + 2.0
        try:
            while time.monotonic() < until:
                self._read()
        except Lost:
            pass

    def _end(self) -> None:
        self._connected = False
        if self._renewing and self._opened_at:
            self._stays.opening(LOBBY, self._opened_at)
        self._stays.lost(self._heard_at)
        for saying in self._said.renew():
            self._note(Kind.UNSURE, saying.to, text=key(saying.words))
