"""Random faults against a model cluster: nothing lost, nothing twice, one order."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings, strategies as st

from client.events import AcceptedEvent, Connected, GapEvent, Lost, MaybeLost
from client.settings import Settings
from tests.unit.client.model import ADDRESSES, Driver, World
from wire.frames import Message

LOSS = st.tuples(st.just("lose"), st.integers(0, 8))
OPS = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 3)),
    st.tuples(st.just("step"), st.integers(0, 3)),
    st.tuples(st.just("steps"), st.integers(1, 30)),
    st.tuples(st.just("say"), st.integers(1, 12)),
    st.tuples(st.just("post"), st.integers(1, 3)),
    st.tuples(st.just("cut"), st.integers(0, 6)),
    st.tuples(st.just("kill"), st.integers(0, 2)),
    st.tuples(st.just("revive"), st.integers(0, 2)),
    st.tuples(st.just("advance"), st.integers(0, 60)),
    st.tuples(st.just("degrade"), st.integers(0, 1)),
    st.tuples(st.just("epoch"), st.just(0)),
)


def _cut(driver: Driver, number: int) -> None:
    lines = [line for line in driver.lines.values() if line.connected]
    if lines:
        driver.cut(lines[number % len(lines)], number)


DEEDS: dict[str, Callable[[Driver, World, int], object]] = {
    "step": lambda driver, _, number: driver.step(number),
    "steps": lambda driver, _, number: [driver.step(index) for index in range(number)],
    "say": lambda driver, _, number: [driver.say(f"said {driver.tickets + 1}") for _ in range(number)],
    "post": lambda _, world, number: [world.post("posted") for _ in range(number)],
    "cut": lambda driver, _, number: _cut(driver, number),
    "kill": lambda _, world, number: world.down.add(ADDRESSES[number]),
    "revive": lambda _, world, number: world.down.discard(ADDRESSES[number]),
    "advance": lambda driver, _, number: driver.advance(number / 10),
    "degrade": lambda _, world, number: setattr(world, "degraded", bool(number)),
    "epoch": lambda _, world, number: world.new_epoch(),
    "lose": lambda _, world, number: world.lose(number),
}


def _lived_through(ops: list[tuple[str, int]], seed: int) -> Driver:
    # Small numbers, so that a few steps reach every edge of the window and the memory.
    driver = Driver(World(), seed, Settings(window=4, kept=2, remembered=512, ack_every=3, kept_for=1e6))
    driver.start()
    driver.settle()
    for op, number in ops:
        DEEDS[op](driver, driver.world, number)
    driver.world.down.clear()
    driver.world.degraded = False
    for _ in range(3):
        driver.settle()
        driver.advance(50.0)
    driver.settle()
    return driver


@settings(max_examples=150, deadline=None)
@given(st.lists(OPS, max_size=80), st.integers(0, 1000))
def test_whatever_breaks_nothing_is_lost_or_doubled(ops: list[tuple[str, int]], seed: int) -> None:
    driver = _lived_through(ops, seed)
    world = driver.world
    mine = _mine(driver)
    assert [entry.text for entry in mine] == [f"said {n}" for n in range(1, driver.tickets + 1)]
    assert [entry.n for entry in mine] == list(range(1, driver.tickets + 1))
    assert _accepted(driver) == list(range(1, driver.tickets + 1))
    assert driver.told() == [entry.text for entry in world.log if isinstance(entry, Message)]
    assert len(driver.of(Connected)) == 1
    assert not driver.of(MaybeLost)
    assert not driver.of(GapEvent)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(OPS, LOSS), min_size=20, max_size=60), st.integers(0, 1000))
def test_what_the_cluster_loses_its_sender_brings_back_once(ops: list[tuple[str, int]], seed: int) -> None:
    driver = _lived_through(ops, seed)
    mine, told = _mine(driver), [entry for entry in driver.told() if entry.startswith("said")]
    assert sorted(entry.n for entry in mine) == list(range(1, driver.tickets + 1))
    assert {entry.text for entry in mine} == {f"said {n}" for n in range(1, driver.tickets + 1)}
    assert sorted(told) == sorted(entry.text for entry in mine)
    assert _accepted(driver) == list(range(1, driver.tickets + 1))
    assert len(driver.of(Connected)) == 1
    assert not driver.of(MaybeLost)
    assert not driver.of(Lost)


def _mine(driver: Driver) -> list[Message]:
    session = driver.stay.session
    return [entry for entry in driver.world.log if isinstance(entry, Message) and entry.session == session]


def _accepted(driver: Driver) -> list[int]:
    return [event.ticket for event in driver.events if isinstance(event, AcceptedEvent)]
