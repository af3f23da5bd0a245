"""A native client that does only what it is told to: no failover, no acknowledgement, no resending. It pings,
lest nodes with short leases take it for dead while the test looks elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from types import TracebackType
from typing import Any, TypeVar, cast

from tests.support.tcp import PATIENCE, Wire, until
from wire.codec import decode_server, encode
from wire.frames import ClientFrame, Cursors, Error, Frame, Hello, Joined, Message, Ping, Say, Welcome

F = TypeVar("F", bound=Frame)


PING_EVERY = 0.5


class NativeClient:
    """One connection; for one thread, a second one pings. `frames`: all that came so far."""

    def __init__(self, address: str, nick: str = "", receive_buffer: int = 0, source: str = "") -> None:
        self.wire = Wire(address, receive_buffer, source)
        self.nick = nick
        self.frames: list[Any] = []
        self.n = 0
        self._rest = b""
        self._open: list[Any] = []  # Not expected yet.
        self._over = threading.Event()
        self._sending = threading.Lock()  # Keeps a ping out of the middle of a frame.
        self._pinger = threading.Thread(target=self._ping, name=f"pings for {nick}")

    def __enter__(self) -> NativeClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Without a farewell, as a lost network does it. Idempotent."""
        self._quiet()
        self.wire.close()

    def crash(self) -> None:
        """As a killed process whose system resets the connection."""
        self._quiet()
        self.wire.reset()

    def enter(self) -> Welcome:
        """Says hello under its nickname; returns when it is in the lobby."""
        self.send_hello()
        self.welcome = self.expect(Welcome)
        self.expect(Joined, lambda frame: frame.count is not None)
        return self.welcome

    def send_hello(self) -> None:
        """Asks for a new session under its nickname."""
        self.send(Hello(nick=self.nick, client="test"))

    def resume(self, welcome: Welcome, cursors: Cursors, n: int = 0) -> None:
        """Asks for the session of `welcome`; the answer is to be expected."""
        self.n = n
        self.send(
            Hello(client="test", nick=welcome.nick, session=welcome.session, token=welcome.token, cursors=cursors, n=n)
        )

    def send(self, frame: ClientFrame) -> None:
        self.send_raw(encode(frame))

    def send_raw(self, data: bytes) -> None:
        """Whatever bytes."""
        with self._sending:
            self.wire.send(data)

    def say(self, text: str, to: str = "#lobby") -> int:
        """Returns its n; the outcome is to be expected."""
        self.n += 1
        self.send(Say(n=self.n, to=to, text=text))
        return self.n

    def expect(self, kind: type[F], where: Callable[[F], bool] = lambda _: True, within: float = PATIENCE) -> F:
        """The first such frame that was not expected before. What is passed over can still be expected:
        answers and entries of logs come in no fixed order."""
        return cast("F", self._await((kind,), cast("Callable[[Any], bool]", where), within))

    def expect_one_of(self, *kinds: type[Frame], within: float = PATIENCE) -> Any:
        """Whichever comes first."""
        return self._await(kinds, lambda _: True, within)

    def _await(self, kinds: tuple[type[Frame], ...], where: Callable[[Any], bool], within: float) -> Any:
        found: list[Any] = []

        def look() -> bool:
            fits = (frame for frame in self._open if isinstance(frame, kinds) and where(frame))
            found.extend(islice(fits, 1))
            return bool(found)

        if not until(look, self._read, within):
            passed = "\n  ".join(repr(frame)[:300] for frame in self._open[-20:])
            end = "the connection ended" if self.wire.ended else f"{within:g} s passed"
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise AssertionError(f"no {wanted} for {self.nick}, {end}; there came\n  {passed}")
        self._open = [frame for frame in self._open if frame is not found[0]]
        return found[0]

    def expect_text(self, text: str, within: float = PATIENCE) -> Message:
        """The message with exactly this text, said since we came."""
        return self.expect(Message, lambda frame: frame.text == text and not frame.history, within)

    def expect_error(self, code: int, within: float = PATIENCE) -> Error:
        return self.expect(Error, lambda frame: frame.code == code, within)

    def expect_end(self, within: float = PATIENCE) -> None:
        """The node closes the connection."""
        assert until(lambda: self.wire.ended, self._read, within), f"still open after {within:g} s"

    def drain(self, within: float) -> list[Any]:
        """Reads for so long; returns all frames there were."""
        until(lambda: self.wire.ended, self._read, within)
        return self.frames

    def _read(self, deadline: float) -> bool:
        data = self.wire.read(deadline)
        *lines, self._rest = (self._rest + data).split(b"\n")
        # All but the greeting is JSON.
        frames = [decode_server(line) for line in lines if line.startswith(b"{")]
        self.frames += frames
        self._open += frames
        if self._pinger.ident is None and any(isinstance(frame, Welcome) for frame in frames):
            self._pinger.start()
        return bool(data)

    def _quiet(self) -> None:
        self._over.set()
        if self._pinger.ident is not None:
            self._pinger.join(10)

    def _ping(self) -> None:
        while not self._over.wait(PING_EVERY):
            try:
                self.send_raw(encode(Ping()))
            except OSError:
                return  # The node ended it; the test will see that when it reads.
