"""One hostile connection, of which each request must be answered or which must end."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from tests.hostile import frames
from tests.support.tcp import PATIENCE, Wire, until
from wire import Code

NUMBERS = count(1)


class Hostile:
    """One connection, and what it was told."""

    def __init__(self, address: str, native: bool) -> None:
        self.wire = Wire(address)
        self.native = native
        self.n = 0
        self._is_half_said = False
        self._rest = b""
        self._lines: list[bytes] = []

    def ask(self, line: bytes) -> None:
        """A line of its own, whatever was sent before: what has an answer."""
        self.send((b"\n" if self._is_half_said else b"") + line)

    def send(self, data: bytes) -> None:
        self._is_half_said = not data.endswith(b"\n") and bool(data or self._is_half_said)
        try:
            self.wire.send(frames.grown(data))
        except OSError:
            self.wire.ended = True

    def expect_answer(self, **fields: int) -> None:
        """An answer with these, or the node ends the connection."""
        self._expect(lambda line: line.startswith(b"{") and _is_answer(json.loads(line), fields), str(fields))

    def expect_line(self, *parts: bytes) -> None:
        """A line with one of `parts`, or the node ends the connection."""
        self._expect(lambda line: any(part in line for part in parts), repr(parts[0]))

    def expect_end(self) -> None:
        self._expect(lambda _: False, "the end")

    def is_alive(self) -> None:
        """It is answered, whatever was before."""
        mark = next(NUMBERS)
        if self.native:
            self.send(b'\n{"op":"ping","id":%d}\n' % mark)
            self.expect_answer(id=mark)  # before the hello that is an error, with its id
        else:
            self.send(b"\n/zz%d\n" % mark)
            # Before it is in that is a bad nickname; and for who began with a brace, though he meant a name, no frame.
            self.expect_line(b"zz%d" % mark, b"does not begin with /", b'"code":%d,' % Code.BAD_FRAME)

    def _expect(self, fits: Callable[[bytes], bool], what: str) -> None:
        def told() -> bool:
            found = [line for line in self._lines if fits(line)]
            self._lines = []
            return bool(found)

        fine = until(told, self._read, PATIENCE)
        assert fine or self.wire.ended, f"neither {what} nor an end; the last was {self._rest[-300:]!r}"

    def _read(self, deadline: float) -> bool:
        data = self.wire.read(deadline)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += lines
        return bool(data)


def _is_answer(frame: dict[str, Any], fields: dict[str, int]) -> bool:
    return frame["op"] != "message" and all(frame.get(name) == value for name, value in fields.items())
