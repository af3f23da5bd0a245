"""What a crowd has to say to servers of each kind. Pure: bytes in, bytes out.

Each message is a line at each receiver, and holds its number after `MARK`; other lines hold none.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Protocol

from drill.bench.raw import READY
from wire.codec import encode
from wire.frames import Ack, Hello, Ping, Say

MARK = b"#~"
"""In front of a message's number."""
DIGITS = 8
NUMBER = re.compile(rb"#~(\d{8})")
ROOM = "bench"


class Dialect(Protocol):
    """Of one connection, number so and so of a run. `enter`: said when it stands. `entered`: whether what came so far,
    `seen`, says that it is in the room. `next`: what has to be said for that. `answer`: what has to be said to what
    came. `saw`: what came had messages in it. `keep_alive`: said now and then; b'': nothing."""

    def enter(self) -> bytes: ...
    def entered(self, seen: bytes) -> bool: ...
    def next(self, seen: bytes) -> bytes: ...
    def answer(self, data: bytes) -> bytes: ...
    def saw(self, data: bytes) -> None: ...
    def keep_alive(self) -> bytes: ...
    def say(self, text: bytes) -> bytes: ...


class Native:
    """Hydrachat's own, as a bot of the library speaks it: it acknowledges four times a second at most."""

    _POSITION = re.compile(rb'"epoch":"(\w+)","offset":(\d+)')

    def __init__(self, run: int, number: int) -> None:
        self._nick, self._n = f"b{run}x{number}", 0
        self._last: tuple[str, int] | None = None

    def enter(self) -> bytes:
        return encode(Hello(nick=self._nick, client="bench", token=secrets.token_urlsafe(16)))

    def entered(self, seen: bytes) -> bool:
        return b'"members"' in seen

    def next(self, seen: bytes) -> bytes:
        return b""

    def answer(self, data: bytes) -> bytes:
        return b""

    def saw(self, data: bytes) -> None:
        """The end of what came, for the next acknowledgement."""
        found = self._POSITION.findall(data[-400:])
        if found:
            self._last = (found[-1][0].decode(), int(found[-1][1]))

    def keep_alive(self) -> bytes:
        last, self._last = self._last, None
        return encode(Ack(cursors={"#lobby": last})) if last else encode(Ping())

    def say(self, text: bytes) -> bytes:
        self._n += 1
        return encode(Say(n=self._n, to="#lobby", text=text.decode()))


class Irc:
    """RFC 1459. A server does not send a message back to who said it."""

    def __init__(self, run: int, number: int) -> None:
        self._nick = f"b{run}x{number}"
        self._joined = False

    def enter(self) -> bytes:
        return f"NICK {self._nick}\r\nUSER bench 0 * :bench\r\n".encode()

    def entered(self, seen: bytes) -> bool:
        return b" 366 " in seen

    def next(self, seen: bytes) -> bytes:
        if self._joined or b" 001 " not in seen:
            return b""
        self._joined = True
        return f"JOIN #{ROOM}\r\n".encode()

    def answer(self, data: bytes) -> bytes:
        if b"PING" not in data:
            return b""
        asked = re.findall(rb"^PING (\S+)", data, re.MULTILINE)
        return b"".join(b"PONG " + each + b"\r\n" for each in asked)

    def saw(self, data: bytes) -> None:
        pass

    def keep_alive(self) -> bytes:
        return b""

    def say(self, text: bytes) -> bytes:
        return b"PRIVMSG #" + ROOM.encode() + b" :" + text + b"\r\n"


class Nats:
    """NATS's own: a subject is the room."""

    def __init__(self, run: int, number: int) -> None:
        pass

    def enter(self) -> bytes:
        return f'CONNECT {{"verbose":false,"pedantic":false}}\r\nSUB {ROOM} 1\r\nPING\r\n'.encode()

    def entered(self, seen: bytes) -> bool:
        return b"PONG" in seen

    def next(self, seen: bytes) -> bytes:
        return b""

    def answer(self, data: bytes) -> bytes:
        return b"PONG\r\n" * data.count(b"PING\r\n") if b"PING\r\n" in data else b""

    def saw(self, data: bytes) -> None:
        pass

    def keep_alive(self) -> bytes:
        return b""

    def say(self, text: bytes) -> bytes:
        return b"PUB %s %d\r\n%s\r\n" % (ROOM.encode(), len(text), text)


class Raw:
    """Of `raw`: lines."""

    def __init__(self, run: int, number: int) -> None:
        pass

    def enter(self) -> bytes:
        return b""

    def entered(self, seen: bytes) -> bool:
        return READY in seen

    def next(self, seen: bytes) -> bytes:
        return b""

    def answer(self, data: bytes) -> bytes:
        return b""

    def saw(self, data: bytes) -> None:
        pass

    def keep_alive(self) -> bytes:
        return b""

    def say(self, text: bytes) -> bytes:
        return text + b"\n"


DIALECTS: Mapping[str, Callable[[int, int], Dialect]] = {"native": Native, "irc": Irc, "nats": Nats, "raw": Raw}
