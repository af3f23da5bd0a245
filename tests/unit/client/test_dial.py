"""Order of dialling and back-off."""

from __future__ import annotations

import random

import pytest

from client.dial import AddressBook, Backoff
from wire.address import Address

A, B, C, D = (Address("127.0.0.1", port) for port in (1, 2, 3, 4))


def book(*, in_order: bool = False, seed: int = 1) -> AddressBook:
    return AddressBook([A, B, C], random.Random(seed), in_order=in_order)


def test_the_first_round_may_be_in_order() -> None:
    one = book(in_order=True)
    assert [one.next() for _ in range(3)] == [A, B, C]
    assert one.rounds == 1
    assert {one.next() for _ in range(3)} == {A, B, C}


def test_other_rounds_are_shuffled() -> None:
    firsts = {book(seed=seed).next() for seed in range(30)}
    assert firsts == {A, B, C}


def test_what_was_lost_comes_last() -> None:
    for seed in range(20):
        one = book(seed=seed)
        one.restart(B)
        assert [one.next() for _ in range(3)][-1] == B
    alone = AddressBook([A], random.Random(1), in_order=False)
    alone.restart(A)
    assert alone.next() == A


def test_a_welcome_names_other_nodes() -> None:
    one = book()
    one.learn([str(D), "nonsense"], here=A)
    assert set(one.others(A)) == {B, C, D}
    one.learn([], here=B)
    assert set(one.others(B)) == {A, C}, "the newest welcome counts"


def test_somewhere_to_dial_is_needed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        AddressBook([], random.Random(1), in_order=False)


def test_backoff_is_fully_jittered_and_capped() -> None:
    one = Backoff(0.1, 5.0, random.Random(1))
    waits = [one.next() for _ in range(2000)]
    assert waits[0] <= 0.1
    assert max(waits) <= 5.0
    late = waits[100:]
    assert min(late) < 0.2
    assert max(late) > 4.8
    one.reset()
    assert one.next() <= 0.1


def test_who_is_told_when_to_come_back_comes_later_but_not_with_the_others() -> None:
    waits = [Backoff(0.1, 5.0, random.Random(seed)).next(after=2.0) for seed in range(200)]
    assert all(2.0 <= wait <= 2.5 for wait in waits)
    assert max(waits) - min(waits) > 0.4


def test_nobody_can_keep_a_client_waiting_for_ever() -> None:
    one = Backoff(0.1, 5.0, random.Random(1), longest=10.0)
    assert 10.0 <= one.next(after=1e9) <= 12.5
    assert one.next(after=-1.0) <= 5.0
