"""The names of keys and channels."""

from __future__ import annotations

import pytest

from cluster.keys import Keys


@pytest.mark.parametrize("prefix", ["{hydrachat}:", "{a}", "x:{tag}:y:"])
def test_every_key_begins_with_the_prefix_and_rooms_come_back(prefix: str) -> None:
    keys = Keys(prefix)
    for key in (keys.term, keys.nodes, keys.presence, keys.rooms, keys.node("n1/b"), keys.session("s"), keys.log("@s")):
        assert key.startswith(prefix)
    for room in ("#lobby", "#a:log", "#ж", "#room:#x"):
        assert keys.room_of(keys.log(room)) == room


def test_the_names_of_the_design() -> None:
    keys = Keys("{hydrachat}:")
    assert keys.term == "{hydrachat}:term"
    assert keys.log("#lobby") == "{hydrachat}:room:#lobby:log"
    assert keys.log("@s1") == "{hydrachat}:inbox:s1:log"
    assert keys.node("n1/b0") == "{hydrachat}:node:n1/b0"
