"""Hellos are carried out by threads of their own."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from node.hands import Hands
from tests.unit.node.waiting import wait_for


@pytest.fixture
def hands() -> Iterator[Hands]:
    made = Hands(2)
    threads = [threading.Thread(target=made.run, name=f"hello-{number}") for number in range(made.count)]
    for thread in threads:
        thread.start()
    yield made
    made.stop()
    made.stop()
    for thread in threads:
        thread.join()


def test_it_is_done_when_do_returns_and_on_another_thread(hands: Hands) -> None:
    where: list[str] = []
    hands.do(lambda: where.append(threading.current_thread().name))
    assert where[0].startswith("hello-")


def test_who_asked_gets_what_it_raises_and_the_thread_lives_on(hands: Hands) -> None:
    def fail() -> None:
        raise OSError("broken")

    for _ in range(2 * hands.count):
        with pytest.raises(OSError, match="broken"):
            hands.do(fail)
    hands.do(lambda: None)


def test_as_many_as_there_are_threads_are_done_at_a_time(hands: Hands) -> None:
    meeting = threading.Barrier(3, timeout=10)
    askers = [threading.Thread(target=hands.do, args=(meeting.wait,)) for _ in range(hands.count)]
    for asker in askers:
        asker.start()
    meeting.wait()
    for asker in askers:
        asker.join()


def test_after_the_end_it_is_done_all_the_same(hands: Hands) -> None:
    hands.stop()
    where: list[threading.Thread] = []
    hands.do(lambda: where.append(threading.current_thread()))
    assert where == [threading.current_thread()]


def test_what_failed_is_let_go_of_at_once(hands: Hands) -> None:
    """The collector runs rarely in a node: a cycle would keep the connection until then."""

    class Held:
        def fail(self) -> None:
            raise OSError("broken")

    held = Held()
    known = weakref.ref(held)
    gc.disable()
    try:
        with pytest.raises(OSError, match="broken") as caught:
            hands.do(held.fail)
        del held, caught
        wait_for(lambda: known() is None)
    finally:
        gc.enable()
