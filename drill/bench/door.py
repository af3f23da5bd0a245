"""How the connections of a crowd come in, a few at a time, and stay. One thread."""

from __future__ import annotations

import itertools
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from drill.bench.member import LATEST, Member
from drill.bench.peer import Address, Dialect

READ = 1 << 18
ENTER_WITHIN, ENTER_EACH = 120.0, 0.04
"""Seconds, and seconds more for each connection."""
AT_ONCE = 64
CALM, RUSTLE = 0.5, 64
"""In so many seconds no more comes than so many bytes for each: answers to pings, and nothing of who came before."""
TURNED_AWAY = 0.5
"""Seconds in which nobody comes after one was told to come again later."""
KEEP_ALIVE = 2.0
"""Seconds between two rounds in which each connection says what it has to; a thirty-second of them at a time."""
PARTS = 32
RUNS = itertools.count(1)


class TooSlow(RuntimeError):
    """Not everybody came in."""


class Door:
    """`count` connections, to the servers in turn. Use as a context manager."""

    def __init__(self, dialect: Callable[[int, int], Dialect], addresses: Sequence[Address], count: int) -> None:
        self._dialect = dialect
        self._addresses = addresses
        self._count = count
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}
        self._coming = deque(range(count))
        self._waiting: set[Member] = set()  # they have come, and are not in their rooms yet
        self._no_more_until = 0.0
        self._part = 0
        self._run_number = next(RUNS)
        self._heard = 0  # bytes, of `settle`
        self._asks = b""
        self._buffer = bytearray(READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members.values():
            member.sock.close()
        self._poll.close()

    def enter(self) -> None:
        """Raises TooSlow, OSError."""
        until = time.monotonic() + ENTER_WITHIN + ENTER_EACH * self._count
        ready = 0
        while self._coming or self._waiting:
            # Each who comes is told to all, so a crowd is not to come faster than it reads.
            calm = ready <= max(AT_ONCE, len(self._members) // 2) and time.monotonic() >= self._no_more_until
            while calm and self._coming and len(self._waiting) < AT_ONCE:
                self._dial(self._coming.popleft())
            spoken_to = self._poll.poll(0.05, self._count)
            ready = len(spoken_to)
            for fd, _ in spoken_to:
                self._come_in(self._members[fd])
            self._keep_alive()
            if time.monotonic() > until:
                missing = len(self._waiting) + len(self._coming)
                raise TooSlow(f"{missing} of {self._count} connections are not in the room")

    def settle(self) -> None:
        """Until all have been told who came: what is still on its way to thousands is no part of what is measured next.
        Raises TooSlow, OSError."""
        until = time.monotonic() + ENTER_WITHIN
        while self._heard_within(CALM) > RUSTLE * len(self._members):
            if time.monotonic() > until:
                raise TooSlow("what the crowd is told of itself does not end")
        for member in self._members.values():
            member.seen = b""

    def _heard_within(self, seconds: float) -> int:
        """The bytes that came in that time."""
        end, self._heard = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            for fd, _ in self._poll.poll(0.05, self._count):
                self._pass_over(self._members[fd])
            self._keep_alive()
        return self._heard

    def _dial(self, index: int) -> None:
        address = self._addresses[index % len(self._addresses)]
        dialect = self._dialect(self._run_number, index)
        self._asks = dialect.asks
        member = Member(index, address, dialect)
        self._members[member.fd] = member
        self._waiting.add(member)
        self._poll.register(member.fd, select.EPOLLIN)

    def _come_in(self, member: Member) -> None:
        if member not in self._waiting:
            self._pass_over(member)
            return
        data = member.sock.recv(READ)
        if not data:
            self._ended(member)
            return
        seen = (
            member.seen + data
        )  # a server that rests sends much at once: what is waited for may stand at its beginning
        answer = member.dialect.answer(data) + member.dialect.next(seen)
        if answer:
            member.say(answer)
        if member.dialect.entered(seen):
            self._waiting.discard(member)
        member.seen = seen[-20_000:]

    def _pass_over(self, member: Member) -> None:
        size = member.sock.recv_into(self._buffer)
        if not size:
            self._ended(member)
        self._heard += size
        member.heard = self._part
        self._answer(member, size)  # a crowd may take longer to come in than a server waits for that
        member.seen = bytes(self._buffer[max(0, size - LATEST) : size])  # should they be its last words

    def _answer(self, member: Member, size: int) -> None:
        """What is asked in the `size` bytes of the buffer."""
        if self._asks and self._buffer.find(self._asks, 0, size) >= 0:
            member.say(member.dialect.answer(bytes(self._buffer[:size])))

    def _ended(self, member: Member) -> None:
        """Who was turned away comes again. Raises ConnectionError for others."""
        if member not in self._waiting or not member.dialect.turned_away(member.seen):
            raise ConnectionError(f"the server ended connection {member.index}: {member.seen[-LATEST:]!r}")
        self._waiting.discard(member)
        del self._members[member.fd]
        member.sock.close()  # and epoll forgets it
        self._coming.append(member.index)
        self._no_more_until = time.monotonic() + TURNED_AWAY

    def _keep_alive(self) -> None:
        part = int(time.monotonic() / (KEEP_ALIVE / PARTS))
        first = max(self._part + 1, part - PARTS + 1)  # a turn may be long
        due = {each % PARTS: each for each in range(first, part + 1)}
        self._part = part
        for member in self._members.values() if due else ():
            at = due.get(member.index % PARTS)  # also while it comes in: thirty rooms take longer than a heartbeat
            if at is not None and not self._is_quiet(member, at):
                member.spoke = at
                data = member.dialect.keep_alive()
                if data:
                    member.say(data)

    def _is_quiet(self, member: Member, part: int) -> bool:
        """Who hears something need not say much: in its own rounds, by the clock. Whoever goes on for another, or hears
        something only now, is in step, and not all speak in the same round."""
        quiet = member.dialect.quiet
        in_turn = (part // PARTS - member.index // PARTS) % quiet == 0
        return not in_turn and member.heard > part - PARTS and part - member.spoke < quiet * PARTS
