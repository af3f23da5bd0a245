"""Outbox and deliverer: bounds, order, partial sends, overflow, and who closes."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from node.deliverer import Deliverer
from node.outbox import Outbox
from tests.unit.node.waiting import wait_for


class Counting:
    """A socket that takes so much at each call, and counts them."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self.sock = sock
        self.most = most
        self.calls = 0

    def fileno(self) -> int:
        return self.sock.fileno()

    def send(self, data: bytes | memoryview, flags: int) -> int:
        self.calls += 1
        return self.sock.send(data[: self.most], flags)

    def shutdown(self, how: int) -> None:
        self.sock.shutdown(how)


@pytest.fixture
def deliverer() -> Iterator[Deliverer]:
    deliverer = Deliverer()
    thread = threading.Thread(target=deliverer.run)
    thread.start()
    yield deliverer
    deliverer.stop()
    thread.join(5)
    assert not thread.is_alive()
    deliverer.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def read_to_end(sock: socket.socket) -> bytes:
    found = b""
    while data := sock.recv(65536):
        found += data
    return found


def test_what_piles_up_goes_out_in_one_call() -> None:
    scheduled: list[Outbox] = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        counting = Counting(ours, 1 << 20)
        deliverer = Deliverer()
        outbox = Outbox(counting, 10_000, scheduled.extend)
        for number in range(5):
            assert outbox.offer(f"{number}\n".encode())
        assert scheduled == [outbox]
        deliverer._serve(outbox)
        assert (counting.calls, theirs.recv(100)) == (1, b"0\n1\n2\n3\n4\n")
        assert (outbox.size, outbox.taken, outbox.offered) == (0, 10, 10)
        outbox.offer(b"again\n")
        assert scheduled == [outbox, outbox]
        deliverer.close()


def test_order_and_completeness_through_partial_sends(
    deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    outbox = Outbox(Counting(ours, 777), 1 << 24, deliverer.schedule)
    lines = [b"%d:%s\n" % (number, b"x" * (number % 500)) for number in range(3000)]

    def offer() -> None:
        for line in lines:
            outbox.offer(line)
        outbox.finish(b"last\n")

    thread = threading.Thread(target=offer)
    thread.start()
    assert read_to_end(theirs) == b"".join(lines) + b"last\n"
    thread.join(5)
    assert outbox.size == 0
    assert not outbox.offer(b"more\n")
    assert deliverer.forget(outbox, 5)


def test_overflow_drops_keeps_the_half_sent_line_and_says_why(
    deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    outbox = Outbox(ours, 300_000, deliverer.schedule)
    outbox.last_words = b"too slow\n"
    line = b"y" * 50_000 + b"\n"
    outbox.offer(line)
    wait_for(lambda: bool(deliverer._blocked))
    offered = 1
    while outbox.offer(line):
        offered += 1
        assert outbox.size <= 300_000
    assert outbox.overflowed
    assert outbox.finishing
    found = read_to_end(theirs).splitlines(keepends=True)
    assert found[-1] == b"too slow\n"
    assert found[:-1] == [line]
    assert len(found) - 1 < offered
    wait_for(lambda: outbox.size == 0)
    assert deliverer.forget(outbox, 5)


def test_a_broken_socket_ends_its_outbox_only(deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    broken, other_end = socket.socketpair()
    with broken, other_end:
        sick, well = Outbox(broken, 10_000, deliverer.schedule), Outbox(ours, 10_000, deliverer.schedule)
        other_end.close()
        sick.offer(b"x\n")
        wait_for(lambda: sick.finishing)
        well.offer(b"hello\n")
        assert theirs.recv(100) == b"hello\n"
        assert deliverer.forget(sick, 5)
        assert deliverer.forget(well, 5)


def test_a_full_socket_is_forgotten_before_its_descriptor_is_reused(
    deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, _ = ends
    outbox = Outbox(ours, 1 << 20, deliverer.schedule)
    outbox.offer(b"z" * 900_000 + b"\n")
    wait_for(lambda: bool(deliverer._blocked))
    assert deliverer.forget(outbox, 5)
    assert not deliverer._blocked
    number = ours.fileno()
    ours.close()
    fresh, peer = socket.socketpair()
    with fresh, peer:
        assert number in (fresh.fileno(), peer.fileno())
        peer.settimeout(5)
        again = Outbox(fresh, 10_000, deliverer.schedule)
        again.offer(b"mine\n")
        assert peer.recv(100) == b"mine\n"
        assert deliverer.forget(again, 5)


def test_all_who_wait_for_room_are_told(deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    outbox = Outbox(ours, 400_000, deliverer.schedule)
    outbox.offer(b"a" * 150_000 + b"\n")
    told = [threading.Event(), threading.Event()]
    waiting = [not outbox.low(event.set) for event in told]
    assert waiting == [True, True]
    reader = threading.Thread(target=read_to_end, args=(theirs,))
    reader.start()
    assert all(event.wait(5) for event in told)
    assert outbox.low(lambda: None)
    outbox.finish()
    reader.join(5)
    assert deliverer.forget(outbox, 5)


def test_progress_is_the_time_of_the_last_byte_that_was_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deliverer = Deliverer()
        outbox = Outbox(ours, 1 << 24, lambda _: None)
        before = time.monotonic()
        outbox.offer(b"b" * 8_000_000 + b"\n")
        assert outbox.progress >= before
        deliverer._serve(outbox)
        stopped = outbox.progress
        deliverer._serve(outbox)
        outbox.offer(b"c\n")
        assert outbox.progress == stopped
        deliverer.close()


def test_what_is_taken_after_a_long_wait_is_progress_of_then(
    deliverer: Deliverer, ends: tuple[socket.socket, socket.socket]
) -> None:
    """Not of when the deliverer last had something to do: the client would be taken for one that reads nothing."""
    ours, theirs = ends
    outbox = Outbox(ours, 1 << 24, deliverer.schedule)
    outbox.offer(b"b" * 500_000 + b"\n")
    wait_for(lambda: deliverer._blocked and not deliverer._awake)
    asleep = time.monotonic()
    theirs.recv(200_000)
    wait_for(lambda: outbox.progress >= asleep)
    outbox.break_off()
    assert deliverer.forget(outbox, 5)


def test_a_round_that_is_short_or_of_few_needs_no_rest(
    deliverer: Deliverer, ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    rests, clock = list[float](), itertools.chain([1.0] * 8, itertools.count(2))
    monkeypatch.setattr("node.deliverer.time", SimpleNamespace(monotonic=lambda: next(clock), sleep=rests.append))
    outbox = Outbox(ends[0], 10_000, deliverer.schedule)
    outbox.finish(b"bye\n")
    assert read_to_end(ends[1]) == b"bye\n"
    assert rests == []
