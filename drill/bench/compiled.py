"""The load in C (`crowd.c`), on the sockets of a crowd that has come in by Python. `compiler` makes it."""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from pathlib import Path

from drill.bench.compiler import library
from drill.bench.load import Load
from drill.bench.member import Counted, Member
from drill.bench.peer import DIGITS, MARK

OVER, ASKED, ENDED, FAILED, INTERRUPTED, NO_MEMORY = range(6)
SLICE = 0.1
"""Seconds after which it comes back, so that Ctrl-C is heeded."""
_PLACEHOLDER = MARK + b"0" * DIGITS


class Told(ctypes.Structure):
    """`struct told`."""

    deliveries: int
    lost: int
    samples: int
    size: int
    which: int
    error: int
    _fields_ = (
        ("deliveries", ctypes.c_int64), ("lost", ctypes.c_int64), ("samples", ctypes.c_int64), ("size", ctypes.c_int64),
        ("latencies", ctypes.POINTER(ctypes.c_double)), ("buffer", ctypes.POINTER(ctypes.c_ubyte)),
        ("which", ctypes.c_int32), ("error", ctypes.c_int32),
    )  # fmt: skip


@cache
def opened(path: Path) -> ctypes.CDLL:
    """With what its functions take. Raises OSError."""
    found = ctypes.CDLL(str(path))
    crowd, size, text, real, whole = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_double, ctypes.c_int,
    )  # fmt: skip
    for name, result, *arguments in (
        ("crowd_new", crowd, whole, whole, whole, ctypes.POINTER(whole)),
        ("crowd_words", whole, crowd, text, size, text, size, whole, ctypes.c_int64),
        ("crowd_speaker", whole, crowd, whole, text, size, text, size, size, ctypes.c_int64),
        ("crowd_close_loop", None, crowd, whole),
        ("crowd_open_loop", None, crowd, real, real),
        ("crowd_clear", None, crowd),
        ("crowd_told", ctypes.POINTER(Told), crowd),
        ("crowd_run", whole, crowd, real, whole),
        ("crowd_free", None, crowd),
    ):
        function = getattr(found, name)
        function.restype, function.argtypes = result, arguments
    return found


class CompiledLoad(Load):
    """Counts and says what `Load` does. One thread."""

    _crowd: int | None = None

    def enter(self) -> None:
        """Raises TooSlow, OSError, CannotCompile, MemoryError."""
        super().enter()
        self._c = opened(library())
        members = sorted(self._members.values(), key=lambda member: member.index)
        numbers = (ctypes.c_int * len(members))(*(member.fd for member in members))
        self._crowd = _whole(self._c.crowd_new(self._poll.fileno(), self._listeners, self._speakers, numbers))
        words = members[0].dialect
        asks, ping = words.asks, words.keep_alive()
        _whole(self._c.crowd_words(self._crowd, asks, len(asks), ping, len(ping), words.quiet, self._part))
        for place, speaker in enumerate(self._speaking()):
            _whole(self._c.crowd_speaker(self._crowd, place, *_pieces(speaker, self._size)))
        self._told: Told = self._c.crowd_told(self._crowd).contents

    def __exit__(self, *args: object) -> None:
        if self._crowd:
            self._c.crowd_free(self._crowd)
        self._crowd = None
        super().__exit__(*args)

    def closed_loop(self, outstanding: int, warm_up: float, seconds: float) -> Counted:
        began = time.monotonic()
        self._c.crowd_close_loop(self._crowd, outstanding)
        self._go(began + warm_up)
        return self._counting(began + warm_up + seconds)

    def open_loop(self, rate: float, warm_up: float, seconds: float) -> Counted:
        began = time.monotonic()
        self._c.crowd_open_loop(self._crowd, began, 1.0 / rate)
        self._go(began + warm_up)
        return self._counting(began + warm_up + seconds, timed=True)

    def idle(self, seconds: float) -> Counted:
        return self._counting(time.monotonic() + seconds)

    def _counting(self, until: float, *, timed: bool = False) -> Counted:
        self._c.crowd_clear(self._crowd)
        start = time.monotonic()
        self._go(until, timed=timed)
        told = self._told
        latencies: list[float] = told.latencies[: told.samples] if told.samples else []
        return Counted(told.deliveries, told.lost, time.monotonic() - start, latencies)

    def _go(self, until: float, *, timed: bool = False) -> None:
        while (now := time.monotonic()) < until:
            self._heed(self._c.crowd_run(self._crowd, min(until, now + SLICE), timed))

    def _heed(self, status: int) -> None:
        """Raises ConnectionError, OSError, MemoryError."""
        told = self._told
        if status == ENDED:
            last = ctypes.string_at(told.buffer, told.size)
            raise ConnectionError(f"the server ended connection {told.which}: {last!r}")
        if status == FAILED:
            raise OSError(told.error, os.strerror(told.error))
        if status == NO_MEMORY:
            raise MemoryError
        if status == ASKED:
            member = next(each for each in self._members.values() if each.index == told.which)
            data = ctypes.string_at(told.buffer, told.size)
            member.say(member.dialect.answer(data))


def _whole(made: int | None) -> int:
    if not made:
        raise MemoryError("of the load in C")
    return made


def _pieces(speaker: Member, size: int) -> tuple[bytes, int, bytes, int, int, int]:
    """What `crowd_speaker` takes, from a message that is never sent."""
    dialect = speaker.dialect
    whole = dialect.say(_PLACEHOLDER.ljust(size, b"x"))
    if not dialect.counts:
        return b"", 0, whole, len(whole), whole.index(_PLACEHOLDER) + len(MARK), -1
    head, mark, rest = whole.partition(dialect.counts)
    tail = rest.lstrip(b"0123456789")
    count = int(rest[: len(rest) - len(tail)])
    head += mark
    return head, len(head), tail, len(tail), tail.index(_PLACEHOLDER) + len(MARK), count
