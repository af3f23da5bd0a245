"""Many connections on one thread, cheap enough not to be what is measured: what comes is counted, not decoded.

Who stops it: its own clock. What fills when it is slow: the sockets, then the servers' buffers; its share of the
processors is told with each figure.
"""

from __future__ import annotations

import itertools
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drill.bench.peer import DIGITS, MARK, NUMBER, Address, Dialect

READ = 1 << 18
ENTER_WITHIN = 120.0
AT_ONCE = 64
KEEP_ALIVE = 2.0
"""Seconds between two rounds in which each connection says what it has to; a thirty-second of them at a time."""
PARTS = 32
STALLED = 0.5
"""Seconds in which nothing more comes to all: what is on its way elsewhere is lost."""
RUNS = itertools.count(1)


class TooSlow(Exception):
    """Not everybody came in."""


class Member:
    """One connection."""

    __slots__ = ("dialect", "entered", "fd", "index", "seen", "sock")

    def __init__(self, index: int, address: Address, dialect: Dialect) -> None:
        self.index = index
        self.dialect = dialect
        self.sock = socket.create_connection(address, 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(self.dialect.enter())
        self.sock.setblocking(False)
        self.fd = self.sock.fileno()
        self.seen = b""
        self.entered = False

    def say(self, data: bytes) -> None:
        """What a full socket does not take is lost: nothing that is measured depends on it but the message itself."""
        try:
            self.sock.send(data)
        except BlockingIOError:
            pass


@dataclass(slots=True)
class Counted:
    """What happened in the measured part: messages at all connections, and those that never came to one; seconds; of
    an open loop how many seconds each that was looked at took from its scheduled time."""

    deliveries: int = 0
    lost: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)


class Crowd:
    """`listeners` connections, and `speakers` more. Use as a context manager. One thread."""

    def __init__(
        self,
        dialect: Callable[[int, int], Dialect],
        addresses: Sequence[Address],
        listeners: int,
        speakers: int,
        size: int,
    ) -> None:
        self._dialect = dialect
        self._addresses = addresses
        self._listeners, self._speakers = listeners, speakers
        self._size = size
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self._order: deque[int] = deque()  # numbers as the first listener saw them, from the first that some lack
        self._counts = [0] * listeners
        self._passed = 0  # messages that all listeners have
        self._number = self._outstanding = 0
        self._scheduled: dict[int, float] = {}
        self._counted = Counted()
        self._part = 0
        self._run_number = next(RUNS)
        self._buffer = bytearray(READ)
        self._asks = b""

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members.values():
            member.sock.close()
        self._poll.close()

    def enter(self) -> None:
        """Raises TooSlow, OSError."""
        waiting: dict[int, Member] = {}
        until, made = time.monotonic() + ENTER_WITHIN, 0
        while made < self._listeners + self._speakers or waiting:
            while made < self._listeners + self._speakers and len(waiting) < AT_ONCE:
                member = self._member(made)
                waiting[member.fd] = self._members[member.fd] = member
                self._poll.register(member.fd, select.EPOLLIN)
                made += 1
            for fd, _ in self._poll.poll(0.05):
                self._come_in(self._members[fd], waiting)
            self._keep_alive()
            if time.monotonic() > until:
                raise TooSlow(f"{len(waiting)} of {made} connections are not in the room")

    def _member(self, index: int) -> Member:
        address = self._addresses[index % len(self._addresses)]
        dialect = self._dialect(self._run_number, index)
        self._asks = dialect.asks
        return Member(index, address, dialect)

    def _come_in(self, member: Member, waiting: dict[int, Member]) -> None:
        data = member.sock.recv(READ)
        if not data:
            raise ConnectionError(f"the server ended connection {member.index}: {member.seen[-200:]!r}")
        if member.fd not in waiting:
            return
        member.seen = (member.seen + data)[-20_000:]
        answer = member.dialect.answer(data) + member.dialect.next(member.seen)
        if answer:
            member.say(answer)
        if member.dialect.entered(member.seen):
            del waiting[member.fd]
            member.seen = b""
            member.entered = True

    # -- the measured part --------------------------------------------------------------------

    def closed_loop(self, outstanding: int, warm_up: float, seconds: float) -> Counted:
        """Each speaker has so many messages under way: it says the next one when all listeners have one of its own."""
        speakers = [member for member in self._members.values() if member.index >= self._listeners]
        self._outstanding = outstanding
        for _ in range(outstanding):
            for speaker in speakers:
                self._say(speaker)
        began = time.monotonic()
        self._run(began + warm_up, speakers)
        return self._measured(began + warm_up + seconds, speakers)

    def open_loop(self, rate: float, warm_up: float, seconds: float) -> Counted:
        """So many messages a second, whatever becomes of them; times count from when each was due."""
        speakers = [member for member in self._members.values() if member.index >= self._listeners]
        began = time.monotonic()
        due = began
        measured = False
        until = began + warm_up + seconds
        start = began
        while (now := time.monotonic()) < until:
            if not measured and now >= began + warm_up:
                measured, start, self._counted = True, now, Counted()
            while due <= now:
                self._say(speakers[self._number % len(speakers)], due)
                due += 1.0 / rate
            self._turn(max(0.0, min(due - time.monotonic(), 0.05)), timed=measured)
        self._counted.seconds = time.monotonic() - start
        return self._counted

    def idle(self, seconds: float) -> Counted:
        """Nobody says anything."""
        self._counted, began = Counted(), time.monotonic()
        while time.monotonic() < began + seconds:
            self._turn(0.05)
        self._counted.seconds = time.monotonic() - began
        return self._counted

    def _measured(self, until: float, speakers: Sequence[Member]) -> Counted:
        self._counted, start = Counted(), time.monotonic()
        self._run(until, speakers)
        self._counted.seconds = time.monotonic() - start
        return self._counted

    def _run(self, until: float, speakers: Sequence[Member]) -> None:
        moved = time.monotonic()
        while (now := time.monotonic()) < until:
            self._turn(0.05)
            everybody = min(self._counts)
            if self._passed < everybody:
                moved = now
            elif now - moved > STALLED:
                moved = now
                self._begin_again(speakers)
            while self._passed < everybody and self._order:
                self._passed += 1
                self._say(speakers[self._order.popleft() % len(speakers)])

    def _begin_again(self, speakers: Sequence[Member]) -> None:
        """These servers drop messages: what some have got is what all will get."""
        most = max(self._counts)
        self._counted.lost += sum(most - count for count in self._counts)
        self._counts = [most] * len(self._counts)
        self._passed = most
        self._order.clear()
        for _ in range(self._outstanding):
            for speaker in speakers:
                self._say(speaker)

    def _say(self, speaker: Member, due: float = 0.0) -> None:
        # Its number names its speaker: that one goes on when everybody has it.
        place, count = speaker.index - self._listeners, self._speakers
        number = self._number // count * count + place if not due else self._number
        self._number += 1
        if due:
            self._scheduled[number] = due
            self._scheduled.pop(number - 1000, None)
        text = b"%s%0*d" % (MARK, DIGITS, number)
        speaker.say(speaker.dialect.say(text.ljust(self._size, b"x")))

    def _turn(self, patience: float, *, timed: bool = False) -> None:
        for fd, _ in self._poll.poll(patience):
            member = self._members[fd]
            try:
                size = member.sock.recv_into(self._buffer)
            except BlockingIOError:
                continue
            if not size:
                raise ConnectionError(f"the server ended connection {member.index}")
            self._take(member, size, timed)
        self._keep_alive()

    def _take(self, member: Member, size: int, timed: bool) -> None:
        """The buffer holds what came: looked at where it lies, since a copy for each would cost more than all else."""
        buffer = self._buffer
        count = buffer.count(MARK, 0, size)
        if member.index < self._listeners:  # not every kind of server tells the speakers as well
            self._counted.deliveries += count
            self._counts[member.index] += count
            if timed and count:
                self._time(size)
        if member.index == 0:
            self._note_order(member, bytes(buffer[:size]))
        if self._asks and buffer.find(self._asks, 0, size) >= 0:
            member.say(member.dialect.answer(bytes(buffer[:size])))

    def _note_order(self, member: Member, data: bytes) -> None:
        whole, end = member.seen + data, 0
        for found in NUMBER.finditer(whole):
            self._order.append(int(found[1]))
            end = found.end()
        # What may be the beginning of the next one.
        member.seen = whole[max(end, len(whole) - len(MARK) - DIGITS + 1) :]

    def _time(self, size: int) -> None:
        at = self._buffer.rfind(MARK, 0, size) + len(MARK)
        number = bytes(self._buffer[at : min(at + DIGITS, size)])
        due = self._scheduled.get(int(number)) if len(number) == DIGITS and number.isdigit() else None
        if due is not None:
            self._counted.latencies.append(time.monotonic() - due)

    def _keep_alive(self) -> None:
        part = int(time.monotonic() / (KEEP_ALIVE / PARTS))
        due = {each % PARTS for each in range(max(self._part + 1, part - PARTS + 1), part + 1)}  # a turn may be long
        self._part = part
        for member in self._members.values() if due else ():
            if member.entered and member.index % PARTS in due:
                data = member.dialect.keep_alive()
                if data:
                    member.say(data)
