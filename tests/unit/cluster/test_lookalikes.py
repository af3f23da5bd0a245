"""Skeletons of UTS #39, from a table that tells only which characters look alike."""

from __future__ import annotations

import unicodedata

import pytest
from confusable_homoglyphs.utils import load

from cluster.lookalikes import skeleton, skeletons
from cluster.types import Name


def of(nick: str) -> set[str]:
    return set(skeletons(Name(nick, nick.lower())).split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "раураl"),  # the standard's own examples: Cyrillic, and across scripts
        ("scope", "ѕсоре"),
        ("l", "1"),
        ("l", "|"),
        ("O", "0"),
        ("m", "rn"),
        ("æ", "ae"),
        ("ﬀ", "ff"),
        ("ǉ", "lj"),
        ("é", "e\u0301"),
    ],
)
def test_what_the_standard_has_alike(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_all_of_the_table_is_alike_and_a_skeleton_has_itself() -> None:
    pairs = [(each, other["c"]) for each, others in load("confusables.json").items() for other in others]
    assert len(pairs) > 10_000
    for each, other in pairs:
        one, two = (text.strip("\u200e\u200f") for text in (each, other))
        if any(len(text) == 1 and unicodedata.normalize("NFD", text) != text for text in (one, two)):
            continue  # the standard's skeleton takes it apart before it looks into the table
        assert skeleton(one) == skeleton(two), (one, two)
        assert skeleton(skeleton(one)) == skeleton(one)


def test_what_looks_like_nothing_else_stays() -> None:
    for text in ("alice", "dave_2", "über", "Ελλάδα"):
        assert len(skeleton(text)) >= len(text)
    assert skeleton("alice") == "alice"
    assert skeleton("über") == unicodedata.normalize("NFD", "über")


@pytest.mark.parametrize(("one", "other"), [("bob1", "bobl"), ("aIice", "alice"), ("B0B", "bob"), ("ALICE", "AL1CE")])
def test_names_that_share_a_skeleton(one: str, other: str) -> None:
    assert of(one) & of(other)


@pytest.mark.parametrize(
    ("one", "other"), [("alice", "alicia"), ("bob2", "bob3"), ("ian", "lan"), ("n1", "n2"), ("bob", "bob_")]
)
def test_names_that_do_not(one: str, other: str) -> None:
    assert not of(one) & of(other)


def test_none_has_white_space_which_parts_them() -> None:
    assert all(part.strip() == part and part for part in skeletons(Name("ﷺ", "ﷺ")).split(" "))
