"""Random faults against a model cluster: nothing lost, nothing twice, one order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from client.events import AcceptedEvent, Connected, GapEvent, MaybeLost
from tests.unit.client.model import ADDRESSES, Driver, World
from wire.frames import Message

OPS = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 3)),
    st.tuples(st.just("step"), st.integers(0, 3)),
    st.tuples(st.just("steps"), st.integers(1, 30)),
    st.tuples(st.just("say"), st.integers(1, 5)),
    st.tuples(st.just("post"), st.integers(1, 3)),
    st.tuples(st.just("cut"), st.integers(0, 6)),
    st.tuples(st.just("kill"), st.integers(0, 2)),
    st.tuples(st.just("revive"), st.integers(0, 2)),
    st.tuples(st.just("advance"), st.integers(0, 60)),
    st.tuples(st.just("degrade"), st.integers(0, 1)),
    st.tuples(st.just("epoch"), st.just(0)),
)


def _apply(driver: Driver, world: World, op: str, number: int) -> None:
    if op == "step":
        driver.step(number)
    elif op == "steps":
        for index in range(number):
            driver.step(index)
    elif op == "say":
        for _ in range(number):
            driver.say(f"said {driver.tickets + 1}")
    elif op == "post":
        for _ in range(number):
            world.post("posted")
    elif op == "cut" and driver.lines:
        line = list(driver.lines.values())[number % len(driver.lines)]
        if line.connected:
            driver.cut(line, number)
    elif op == "kill":
        world.down.add(ADDRESSES[number])
    elif op == "revive":
        world.down.discard(ADDRESSES[number])
    elif op == "advance":
        driver.advance(number / 10)
    elif op == "degrade":
        world.degraded = bool(number)
    elif op == "epoch":
        world.new_epoch()


@settings(max_examples=150, deadline=None)
@given(st.lists(OPS, max_size=80), st.integers(0, 1000))
def test_whatever_breaks_nothing_is_lost_or_doubled(ops: list[tuple[str, int]], seed: int) -> None:
    world = World()
    driver = Driver(world, seed)
    driver.start()
    driver.settle()
    for op, number in ops:
        _apply(driver, world, op, number)
    world.down.clear()
    world.degraded = False
    for _ in range(3):
        driver.settle()
        driver.advance(50.0)
    driver.settle()

    session = driver.stay.session
    mine = [entry for entry in world.log if isinstance(entry, Message) and entry.session == session]
    assert [entry.text for entry in mine] == [f"said {n}" for n in range(1, driver.tickets + 1)]
    assert [entry.n for entry in mine] == list(range(1, driver.tickets + 1))
    accepted = [event.ticket for event in driver.events if isinstance(event, AcceptedEvent)]
    assert accepted == list(range(1, driver.tickets + 1))
    assert driver.told() == [entry.text for entry in world.log if isinstance(entry, Message)]
    assert len(driver.of(Connected)) == 1
    assert not driver.of(MaybeLost)
    assert not driver.of(GapEvent)
