"""Where the machine moves to, and which nodes it knows of."""

from __future__ import annotations

import pytest

from client.events import Disconnected
from client.links import Phase
from tests.unit.client.model import ADDRESSES, LOBBY, Driver, hears, line
from wire.address import Address
from wire.codes import Code
from wire.frames import Error, Hello, Message, Pong, Reconnect


def refuse_hellos(driver: Driver) -> None:
    """As nodes do that leave."""
    driver.world.on[Hello] = lambda one, _: one.down.append(Error(Code.DRAINING, "leaving"))


def test_a_move_tries_the_named_place_then_others_then_stays(driver: Driver) -> None:
    here = line(driver)
    others = [address for address in ADDRESSES if address != here.address]
    driver.world.down = set(others)
    refuse_hellos(driver)
    hears(driver, Reconnect(Code.DRAINING, "leaving", where=str(others[1]), after=500))
    driver.advance(0.4)
    assert len(driver.world.lines) == 1
    driver.advance(0.2)
    assert driver.world.lines[-1].address == others[1]
    for _ in range(10):
        driver.step()
        driver.advance(0.01)
    assert [one.address for one in driver.world.lines[1:]] == [others[1], here.address, others[0]]
    assert list(driver.lines.values()) == [here]
    assert not driver.of(Disconnected)


@pytest.mark.parametrize("where", [None, "192.0.2.1:7701"])
def test_without_a_place_that_can_be_reached_it_comes_the_way_it_came(driver: Driver, where: str | None) -> None:
    """A balancer leads to another node now; the nodes' own addresses may be known only behind it."""
    here = line(driver)
    driver.world.down = {address for address in ADDRESSES if address != here.address}
    driver.world.down |= {Address.parse(where)} if where else set()
    hears(driver, Reconnect(Code.DRAINING, "leaving", where=where))
    driver.advance(0.0)
    for _ in range(10):
        driver.step()
        driver.advance(0.01)
    new = line(driver)
    assert (new.address, new is here) == (here.address, False)
    assert not driver.of(Disconnected)


def test_the_old_connection_is_used_until_the_welcome(driver: Driver) -> None:
    old = line(driver)
    hears(driver, Reconnect(Code.DRAINING, "leaving"))
    driver.advance(0.0)
    new = driver.world.lines[-1]
    driver.do(driver.machine.connected(new.link, driver.now))
    driver.do(
        driver.machine.received(
            old.link, Message(LOBBY, "e1", 2, "bob-session", 2, "bob", "on the old one", 1000), driver.now
        )
    )
    driver.do(driver.machine.received(old.link, Error(Code.TAKEN_OVER, "moved"), driver.now))
    assert driver.machine.phase is not Phase.STOPPED
    new.connected = True
    driver.world.handle(new)
    driver.settle()
    assert driver.told() == ["on the old one"]
    assert list(driver.lines.values()) == [new]


def test_a_pong_names_nodes_that_came_after_the_welcome(driver: Driver) -> None:
    later = Address("127.0.0.1", 7999)
    hears(driver, Pong(nodes=[str(later)]))
    driver.world.down = {*ADDRESSES, later}
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    for _ in range(50):
        driver.step()
        driver.advance(1.0)
    assert str(later) in driver.machine.unreachable().attempts
