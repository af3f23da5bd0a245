"""What is found stays true while messages come, go and are loaded."""

from __future__ import annotations

from client.fullscreen.search import Search
from tests.unit.client.fullscreen.world import World, message


def found(search: Search) -> str:
    return search.state.split(" for ")[0]


def test_what_comes_is_found_too() -> None:
    world = World()
    search = Search(world.model)
    world.hear(*(message(n, f"needle {n}") for n in (10, 11)))
    search.start("NEEDLE")
    assert found(search) == "match 1 of 2"
    world.hear(message(12, "hay"), message(13, "a needle"))
    assert found(search) == "match 2 of 3"
    world.hear(message(5, "needle, told late", history=True))
    assert found(search) == "match 2 of 4"
    world.lobby.clear()
    assert "is not in what is loaded" in search.state
    world.hear(message(14, "needle again"))
    search.further()
    assert found(search) == "match 1 of 1"


def test_only_what_is_new_is_looked_at() -> None:
    world = World()
    search = Search(world.model)
    world.hear(*(message(n, f"needle {n}") for n in range(1, 101)))
    search.start("needle")
    before = world.lobby.entries[50]
    before.text = "hay"  # nobody does; it shows what is looked at
    world.hear(message(101, "needle 101"))
    assert found(search) == "match 2 of 101"
