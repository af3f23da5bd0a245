"""A person with `nc`: types lines, reads lines."""

from __future__ import annotations

from types import TracebackType

from tests.support.tcp import PATIENCE, Wire, until


class PlainClient:
    """One connection. One thread. `heard`: all bytes so far."""

    def __init__(self, address: str, nick: str | None = None) -> None:
        self.wire = Wire(address)
        self.heard = b""
        self._taken = 0
        self.expect("What is your nickname?")
        if nick is not None:
            self.type(nick)
            self.expect(f"* welcome, {nick}")
            self.expect("* you are in #lobby")

    def __enter__(self) -> PlainClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.wire.close()

    def type(self, line: str) -> None:
        self.wire.send(line.encode() + b"\n")

    @property
    def lines(self) -> list[str]:
        """Whole lines so far."""
        return self.heard.decode().split("\n")[:-1]

    def expect(self, part: str, within: float = PATIENCE) -> str:
        """The next line with `part` in it, after those expected before."""

        def found() -> bool:
            while self._taken < len(self.lines):
                self._taken += 1
                if part in self.lines[self._taken - 1]:
                    return True
            return False

        if not until(found, self._read, within):
            end = "the connection ended" if self.wire.ended else f"{within:g} s passed"
            raise AssertionError(f"no line with {part!r}, {end}; there came\n  " + "\n  ".join(self.lines[-20:]))
        return self.lines[self._taken - 1]

    def expect_end(self, within: float = PATIENCE) -> None:
        """The node closes the connection."""
        assert until(lambda: self.wire.ended, self._read, within), f"still open after {within:g} s"

    def _read(self, deadline: float) -> bool:
        data = self.wire.read(deadline)
        self.heard += data
        return bool(data)
