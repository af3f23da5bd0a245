"""The wire of a client by TLS between its two threads: reader and deliverer at once, back-pressure, and order."""

from __future__ import annotations

import random
import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from node.certificate import Certificate
from node.deliverer import Deliverer
from node.outbox import Outbox
from node.records import MOST_EMPTY
from node.tls import CHUNK, MOST_ANSWERS, TlsWire
from tests.support.authority import Authority
from tests.support.tunnelled import key_update
from tests.support.waiting import wait_until
from wire.tunnel import RECORD, Tunnel

NAME = "chat.example"
MEGABYTE = 1 << 20


class Kernel(socket.socket):
    """Counts what it was given to send, and takes `most` of it at once."""

    most = 1 << 30
    given: list[int]

    def send(self, data: bytes | memoryview, flags: int = 0, /) -> int:  # type: ignore[override]
        self.given.append(len(data))
        return super().send(data[: self.most], flags)


class Ends:
    """Our wire with its outbox, and the client's tunnel over `theirs`."""

    def __init__(self, authority: Authority, deliverer: Deliverer, limit: int = 64 * MEGABYTE) -> None:
        ours, self.theirs = socket.socketpair()
        for sock in (ours, self.theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        self.theirs.settimeout(30)
        self.ours = Kernel(ours.family, ours.type, ours.proto, fileno=ours.detach())
        self.ours.given = []
        self.wire = TlsWire(self.ours, Certificate(*authority.issue(NAME)).context)
        self.outbox = Outbox(self.wire, limit, deliverer.schedule)
        self.outbox.tls, self.wire.nudge = self.wire, self.outbox.nudge
        self.client = Tunnel(authority.client(), name=NAME)
        self._deliverer = deliverer

    def shake(self) -> None:
        with ThreadPoolExecutor(1) as reader:
            done = reader.submit(self.wire.handshake)
            while not self.client.shake():
                self.theirs.sendall(self.client.take())
                self.client.feed(self.theirs.recv(65536))
            self.theirs.sendall(self.client.take())
            done.result(30)
        self.ours.given.clear()

    def read_to_end(self) -> bytes:
        """All that comes up to the end that is said in order."""
        found = bytearray()
        while (data := self.client.read(1 << 20)) != b"":
            found += data or b""
            if data is None:
                came = self.theirs.recv(1 << 16)
                assert came, "an end without a farewell"
                self.client.feed(came)
        return bytes(found)

    def close(self) -> None:
        assert self._deliverer.forget(self.outbox, 30)
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def deliverer() -> Iterator[Deliverer]:
    deliverer = Deliverer()
    thread = threading.Thread(target=deliverer.run)
    thread.start()
    yield deliverer
    deliverer.stop()
    thread.join(10)
    assert not thread.is_alive()
    deliverer.close()


Meet = Callable[..., Ends]


@pytest.fixture
def meet(authority: Authority, deliverer: Deliverer) -> Iterator[Meet]:
    made: list[Ends] = []

    def meet(limit: int = 64 * MEGABYTE) -> Ends:
        made.append(Ends(authority, deliverer, limit))
        made[-1].shake()
        return made[-1]

    yield meet
    for ends in made:
        ends.close()


def lines(count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    return [b"%d:%s\n" % (number, b"x" * rng.randrange(900)) for number in range(count)]


def exchange(ends: Ends, data: bytes, wanted: int, between: Callable[[], None] | None) -> bytes:
    """The client sends `data` and receives `wanted` bytes, both at once; `between`: all the time."""
    rest, going, found, piece = memoryview(data), b"", bytearray(), 500 if between else 30_000
    while rest or going or len(found) < wanted:
        if rest and not going:
            going = ends.client.write(rest[:piece])
            rest = rest[piece:]
            if between:
                between()
        going += ends.client.take()
        readable, writable, _ = select.select([ends.theirs], [ends.theirs] if going else [], [], 30)
        assert readable or writable, f"{len(rest)} to say, {len(found)} of {wanted} have come"
        if writable:
            going = going[ends.theirs.send(going, socket.MSG_DONTWAIT) :]
        if readable:
            ends.client.feed(ends.theirs.recv(65536))
            found += ends.client.read(1 << 20) or b""
    return bytes(found)


@pytest.mark.parametrize("new_keys", [False, True])
def test_a_flood_both_ways_at_once_arrives_whole_and_in_order(meet: Meet, new_keys: bool) -> None:
    ends = meet()
    down, up = lines(40_000, 1), lines(4_000 if new_keys else 20_000, 2)
    came = bytearray()

    def read() -> None:
        while data := ends.wire.recv(4096):
            came.extend(data)

    def offer() -> None:
        for line in down:
            ends.outbox.offer(line)

    threads = [threading.Thread(target=read), threading.Thread(target=offer)]
    for thread in threads:
        thread.start()
    between = (lambda: key_update(ends.client)) if new_keys else None
    assert exchange(ends, b"".join(up), sum(map(len, down)), between) == b"".join(down)
    ends.client.finish()
    ends.theirs.sendall(ends.client.take())
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert bytes(came) == b"".join(up)
    wait_until(lambda: ends.outbox.size == 0)


def test_what_piles_up_goes_out_in_one_call_in_records_as_large_as_can_be(meet: Meet, deliverer: Deliverer) -> None:
    ends = meet()
    ends.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MEGABYTE)
    ends.outbox._schedule = lambda _: None
    for _ in range(40):
        ends.outbox.offer(b"y" * 999 + b"\n")
    deliverer._serve(ends.outbox)  # its thread has nothing to do meanwhile
    records = -(-40_000 // RECORD)
    assert ends.ours.given == [40_000 + records * 22]
    assert (ends.outbox.size, ends.outbox.taken) == (0, 40_000)
    ends.outbox._schedule = deliverer.schedule


def test_what_waits_encrypted_is_bounded_and_the_rest_is_joined(meet: Meet) -> None:
    ends = meet()
    ends.outbox.offer(b"z" * (4 * MEGABYTE - 1) + b"\n")
    wait_until(lambda: ends._deliverer._blocked)
    assert max(ends.ours.given) <= CHUNK + 1024
    assert ends.outbox.size > 3 * MEGABYTE
    ends.outbox.finish()
    assert len(ends.read_to_end()) == 4 * MEGABYTE


def test_each_byte_that_the_kernel_takes_is_progress(meet: Meet) -> None:
    """Who reads slowly is not taken for who reads nothing."""
    ends, counts = meet(), list[int]()
    ends.ours.most = 100
    rest = memoryview(b"p" * 30_000)
    while rest:
        counts.append(ends.wire.send(rest))
        rest = rest[counts[-1] :]
        ends.client.feed(ends.theirs.recv(1000))
    assert ends.client.read(1 << 20) == b"p" * 30_000
    assert sum(counts) == 30_000
    assert counts[:-2] == [100] * (len(counts) - 2)


@pytest.mark.parametrize("size", [50_000, 700])
def test_who_reads_too_slowly_can_read_why(meet: Meet, size: int) -> None:
    """Lines longer than a record, and many in one: what is encrypted already goes out, up to the end of a line."""
    ends = meet(limit=300_000)
    ends.outbox.last_words = b"too slow\n"
    line = b"y" * size + b"\n"
    ends.outbox.offer(line * (100_000 // size))
    wait_until(lambda: ends._deliverer._blocked)
    while ends.outbox.offer(line):
        assert ends.outbox.size <= 300_000
    assert ends.outbox.overflowed
    found = ends.read_to_end().splitlines(keepends=True)
    assert found[-1] == b"too slow\n"
    assert set(found[:-1]) == {line}
    wait_until(lambda: ends.outbox.size == 0)


def test_a_full_socket_blocks_only_itself(meet: Meet) -> None:
    full, well = meet(), meet()
    full.outbox.offer(b"z" * MEGABYTE + b"\n")
    wait_until(lambda: full._deliverer._blocked)
    well.outbox.finish(b"hello\n")
    assert well.read_to_end() == b"hello\n"


def test_who_asks_for_new_keys_and_does_not_read_is_let_go(meet: Meet) -> None:
    """Though it says something in between."""
    ends = meet()

    def read() -> None:
        while ends.wire.recv(4096):
            pass

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        pushed(ends, reading.done, lambda: ends.client.write(b"x"))
        with pytest.raises(ConnectionAbortedError, match="does not read the answers"):
            reading.result(30)
    assert ends.wire._tunnel.waiting <= MOST_ANSWERS + 16 * 1024


def test_who_asks_for_new_keys_over_and_over_is_let_go_though_it_reads(meet: Meet) -> None:
    ends, asked = meet(), 0

    def read() -> bytes:
        ends.client.feed(ends.theirs.recv(65536) if select.select([ends.theirs], [], [], 0)[0] else b"")
        assert ends.client.read(65536) is None
        nonlocal asked
        asked += 1
        return b""

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(ends.wire.recv, 4096)
        pushed(ends, lambda: reading.done() or asked > 20 * MOST_EMPTY, read)
        ends.theirs.close()
        with pytest.raises(ConnectionAbortedError, match="over and over"):
            reading.result(30)
    assert asked > MOST_EMPTY, "a few may be"


def pushed(ends: Ends, enough: Callable[[], bool], between: Callable[[], bytes]) -> None:
    """Asks for new keys, each time with what `between` makes, as fast as it is taken, until it is enough: how many that
    needs is not known, since those that come at once have one answer."""
    going = b""
    while not enough():
        if not going:
            key_update(ends.client)
            going = ends.client.take()
            going += between()
        if select.select([], [ends.theirs], [], 0.1)[1]:
            with suppress(BrokenPipeError, ConnectionResetError):
                going = going[ends.theirs.send(going, socket.MSG_DONTWAIT) :]
