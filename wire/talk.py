"""What a plain connection remembers between its lines: the room, and how many messages were said."""

from __future__ import annotations

import re
from typing import TypeAlias

import msgspec

from wire.codes import Code
from wire.errors import BadName, WireError
from wire.frames import ClientFrame, Error, Hello, Join, Joined, Leave, Quit, Say, ServerFrame
from wire.names import LOBBY, room
from wire.plain_input import Help, parse
from wire.text import strip_plain

Heard: TypeAlias = ClientFrame | Help

_WEB = re.compile(r"[A-Z]+ \S+ HTTP/[0-9.]+")
"""What finds the port by chance must not have its request hashed as a password."""
_QUITS = ("\\q", "/quit")


class Talk:
    """Lines of one plain connection to frames. One thread at a time.

    The current room changes as soon as `/join` was typed, not when it is answered: until then a text
    must be refused rather than be heard in the room before. A refused join changes it back.
    """

    __slots__ = ("_former", "_joins", "_said", "room")

    def __init__(self) -> None:
        self.room = LOBBY
        self._said = 0
        self._joins = 0
        self._former = LOBBY

    def nickname(self, line: bytes) -> Heard:
        """A line while no session has begun. Raises WireError."""
        text = strip_plain(_text(line)).strip()
        if text in _QUITS:
            return Quit()
        if text == "/help":
            return Help()
        if not text:
            raise BadName(Code.BAD_NICK, "a nickname may not be empty")
        if _WEB.fullmatch(text):
            return Hello(nick=text, client="plain")
        nick, _, password = text.partition(" ")
        return Hello(nick=nick, password=password.strip() or None, client="plain")

    def line(self, line: bytes) -> Heard | None:
        """A line of the conversation; None if it is blank. Raises WireError."""
        text = strip_plain(_text(line))
        if not text.strip():
            return None
        command = parse(text, self.room)
        if isinstance(command, Say):
            self._said += 1
            return msgspec.structs.replace(command, n=self._said)
        if isinstance(command, Join):
            return self._join(room(command.room), command.key)
        if isinstance(command, Leave):
            return self._leave(room(command.room))
        return command

    def answered(self, frame: ServerFrame) -> None:
        """The node sends `frame`: where a join led."""
        if isinstance(frame, Joined) and frame.count is not None:
            self.room = frame.log
        elif isinstance(frame, Error) and frame.id is not None and frame.id == self._joins:
            self.room = self._former

    def _join(self, name: str, key: str | None) -> Join:
        self._joins += 1
        self._former, self.room = self.room, name
        return Join(room=name, id=self._joins, key=key)

    def _leave(self, name: str) -> Leave:
        if name == self.room:
            self.room = LOBBY
        return Leave(room=name)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise WireError(Code.BAD_ENCODING, "that line was not UTF-8 and was dropped") from None
