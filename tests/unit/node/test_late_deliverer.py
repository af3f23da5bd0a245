"""The deliverer comes late to all it has to send: each send waits for a word of ours, as it does for the interpreter
where hundreds of threads want it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from node.deliverer import Deliverer
from node.outbox import Outbox

PATIENCE = 10.0


class Held:
    """A socket of which each send is held up until `let` is given."""

    def __init__(self, let: threading.Semaphore, sending: threading.Event) -> None:
        self._let, self._sending = let, sending
        self.closed = threading.Event()

    def fileno(self) -> int:
        return -1

    def send(self, data: bytes | memoryview, flags: int) -> int:
        self._sending.set()
        assert self._let.acquire(timeout=2 * PATIENCE)
        return len(data)

    def shutdown(self, how: int) -> None:
        pass


class Stage:
    """Eleven sockets: the deliverer is held up in the first, ten wait behind it."""

    def __init__(self) -> None:
        self.let, self.sending = threading.Semaphore(0), threading.Event()
        self.deliverer = Deliverer()
        self.sockets = [Held(self.let, self.sending) for _ in range(11)]
        self.outboxes = [Outbox(sock, 1000, self.deliverer.schedule) for sock in self.sockets]
        self._thread = threading.Thread(target=self.deliverer.run)

    def begin(self) -> None:
        Outbox.offer_all(self.outboxes, b"said\n")
        self._thread.start()
        assert self.sending.wait(PATIENCE)

    def end(self) -> None:
        self.deliverer.stop()
        self.let.release(1000)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.deliverer.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.begin()
    yield stage
    stage.end()


def test_who_closes_waits_for_the_send_in_hand_not_for_those_of_all_others(stage: Stage) -> None:
    forgotten: list[bool] = []
    last, sock = stage.outboxes[-1], stage.sockets[-1]

    def close() -> None:
        forgotten.append(stage.deliverer.forget(last, PATIENCE, sock.closed.set))

    closing = threading.Thread(target=close)
    closing.start()
    while not last.finishing:  # the last thing that is done before it waits
        closing.join(0.001)
    stage.let.release()
    closing.join(PATIENCE / 2)
    assert forgotten == [True], "nine sends were held up still"


def test_who_gives_up_waiting_leaves_his_descriptor_to_the_deliverer(stage: Stage) -> None:
    last, sock = stage.outboxes[-1], stage.sockets[-1]
    assert not stage.deliverer.forget(last, 0.05, sock.closed.set)
    assert not sock.closed.is_set()
    stage.let.release()
    assert sock.closed.wait(PATIENCE)
    assert last.size == 0
