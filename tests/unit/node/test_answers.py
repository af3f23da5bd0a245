"""An answer that a connection's own thread sends for itself: at once where nothing waits, never amid others' words."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from node import outbox as module
from node.deliverer import Deliverer
from node.outbox import Outbox
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from tests.unit.node.waiting import wait_for
from wire.frames import Ping, Pong


class Kernel:
    """A socket that takes `most` bytes at a call, and calls `meanwhile` amid the first one; None: it is full."""

    def __init__(self, most: int | None = 1000) -> None:
        self.most = most
        self.took: list[bytes] = []
        self.closed = False
        self.meanwhile: Callable[[], object] = lambda: None

    def fileno(self) -> int:
        return -1

    def send(self, data: bytes | memoryview, flags: int) -> int:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.most is None:
            raise BlockingIOError
        taken = bytes(data[: self.most])
        self.took.append(taken)
        return len(taken)

    def shutdown(self, how: int) -> None:
        self.closed = True


class Bench:
    def __init__(self, most: int | None = 1000, limit: int = 1000) -> None:
        self.kernel = Kernel(most)
        self.deliverer = Deliverer()
        self.deliverer._awake = True
        self.outbox = Outbox(self.kernel, limit, self.deliverer.schedule)

    def serve(self) -> None:
        """The deliverer comes by until it has nothing more to do."""
        soon, due = self.deliverer._soon, self.deliverer._due
        while soon or due:
            self.deliverer._serve((soon or due).popleft())

    @property
    def said(self) -> bytes:
        return b"".join(self.kernel.took)


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(*words: int | None) -> Bench:
        made.append(Bench(*words))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.deliverer.close()


def test_it_goes_out_at_once_and_the_deliverer_is_not_woken(make: Callable[..., Bench]) -> None:
    bench = make()
    assert bench.outbox.answer(b"pong\n")
    assert (bench.kernel.took, list(bench.deliverer._soon)) == ([b"pong\n"], [])
    assert (bench.outbox.size, bench.outbox.taken, bench.outbox.offered) == (0, 5, 5)
    bench.outbox.offer(b"more\n")
    bench.serve()
    assert bench.said == b"pong\nmore\n"


def test_it_goes_behind_what_waits(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.outbox.offer(b"first\n")
    bench.outbox.answer(b"pong\n")
    assert bench.kernel.took == []
    bench.serve()
    assert bench.kernel.took == [b"first\npong\n"]


def test_what_is_offered_meanwhile_follows(make: Callable[..., Bench]) -> None:
    bench = make()

    def meanwhile() -> None:
        Outbox.offer_all([bench.outbox], b"one\n")
        bench.outbox.offer(b"two\n")
        bench.serve()
        assert bench.said == b""

    bench.kernel.meanwhile = meanwhile
    bench.outbox.answer(b"pong\n")
    assert list(bench.deliverer._soon) == [bench.outbox]
    bench.serve()
    assert bench.kernel.took == [b"pong\n", b"one\ntwo\n"]
    assert bench.outbox.size == 0


def test_last_words_that_come_meanwhile_are_the_last(make: Callable[..., Bench]) -> None:
    """The deliverer comes by amid the call, and must not send, nor close, then."""
    bench = make(3)

    def meanwhile() -> None:
        bench.outbox.finish(b"bye\n")
        bench.serve()
        assert not bench.kernel.closed

    bench.kernel.meanwhile = meanwhile
    assert not bench.outbox.answer(b"pong\n")
    assert bench.said == b"pon"
    bench.kernel.most = 1000
    bench.serve()
    assert bench.said == b"pong\nbye\n"
    assert bench.kernel.closed
    assert not bench.outbox.answer(b"pong\n"), "nothing is taken any more"
    assert bench.said == b"pong\nbye\n"


@pytest.mark.parametrize("meanwhile", ["overflow", "break_off"])
def test_what_is_dropped_meanwhile_leaves_nothing_behind(make: Callable[..., Bench], meanwhile: str) -> None:
    bench = make()
    bench.outbox.last_words = b"too slow\n"
    bench.kernel.meanwhile = getattr(bench.outbox, meanwhile)
    bench.outbox.answer(b"pong\n")
    bench.serve()
    assert bench.said == b"pong\n" + (b"too slow\n" if meanwhile == "overflow" else b"")
    assert bench.outbox.size == 0
    assert bench.outbox.taken == bench.outbox.offered


def test_a_full_socket_gets_it_from_the_deliverer_and_its_time_counts_from_now(make: Callable[..., Bench]) -> None:
    bench = make(None)
    with socket.socket() as sock:
        bench.kernel.fileno = sock.fileno  # type: ignore[method-assign]
        bench.outbox.answer(b"pong\n")
        assert bench.outbox.progress > 0
        assert (bench.outbox.size, list(bench.deliverer._soon)) == (5, [bench.outbox])
        bench.serve()
        assert list(bench.deliverer._blocked.values()) == [bench.outbox]
        bench.kernel.most = 1000
        bench.deliverer._unblock(sock.fileno())
        assert bench.said == b"pong\n"


def test_one_that_is_more_than_may_wait_overflows(make: Callable[..., Bench]) -> None:
    bench = make(1000, 4)
    bench.outbox.last_words = b"end\n"
    assert not bench.outbox.answer(b"pong\n")
    bench.serve()
    assert bench.said == b"end\n"


def test_with_tls_the_deliverer_sends(make: Callable[..., Bench]) -> None:
    bench = make()

    class Tls:
        pledged = 0

        def flush(self, *, last: bool) -> bool:
            return True

    bench.outbox.tls = Tls()
    bench.outbox.answer(b"pong\n")
    assert bench.kernel.took == []
    bench.serve()
    assert bench.said == b"pong\n"


def test_a_thousand_answers_and_a_thousand_bursts_come_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(20)
    deliverer = Deliverer()
    loop = threading.Thread(target=deliverer.run)
    loop.start()
    outbox = Outbox(ours, 1 << 24, deliverer.schedule)

    def burst() -> None:
        for number in range(1000):
            Outbox.offer_all([outbox], b"b%d %s\n" % (number, b"x" * (number % 700)))

    def answer() -> None:
        for number in range(1000):
            outbox.answer(b"a%d %s\n" % (number, b"x" * (number % 300)))

    threads = [threading.Thread(target=each) for each in (burst, answer)]

    def end() -> None:
        for each in threads:
            each.join()
        outbox.finish(b"end\n")

    with ours, theirs:
        for each in threads:
            each.start()
        ending = threading.Thread(target=end)
        ending.start()
        seen = b"".join(iter(lambda: theirs.recv(65536), b""))
        ending.join()
        deliverer.stop()
        loop.join(20)
        deliverer.close()
    lines = seen.decode().splitlines()
    assert lines.pop() == "end"
    for kind, most in (("a", 300), ("b", 700)):
        mine = [line for line in lines if line[0] == kind]
        assert mine == [f"{kind}{number} {'x' * (number % most)}" for number in range(1000)]
    assert len(lines) == 2000


def test_a_ping_wakes_no_deliverer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of clients that say nothing ping all the time: it is what they cost."""
    with running(FakeCluster(Store())) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Ping(id=1))
        alice.expect(Pong)
        (connection,) = node.house.roster.all()
        # What came before has left, but who sent it may not have noted that yet.
        wait_for(lambda: not connection.outbox._scheduled)
        rings = itertools.count()
        deliverer = node.house.deliverer
        schedule = deliverer.schedule
        monkeypatch.setattr(Outbox, "offer", lambda *_: next(rings))
        monkeypatch.setattr(deliverer, "schedule", lambda outboxes: (next(rings), schedule(outboxes)))
        for number in range(5):
            alice.say(Ping(id=number))
            assert alice.expect(Pong).id == number
        assert next(rings) == 0


def test_a_burst_takes_the_lock_once_for_all(monkeypatch: pytest.MonkeyPatch, make: Callable[..., Bench]) -> None:
    benches = [make() for _ in range(20)]
    taken = itertools.count()

    class Lock:
        def __enter__(self) -> None:
            next(taken)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(module, "_LOCK", Lock())
    Outbox.offer_all([bench.outbox for bench in benches], b"hello\n")
    assert next(taken) == 1
