"""Strangers' texts in the cells of a terminal."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from client.fullscreen.cells import fit, guarded, shown, width, wrap
from client.fullscreen.links import address, links

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(ANY)
def test_nothing_that_moves_the_cursor_or_turns_the_line_is_shown(text: str) -> None:
    found = shown(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", found)


@given(ANY)
def test_what_is_shown_is_as_wide_as_its_characters_together(text: str) -> None:
    """So no terminal has to know of joined emoji."""
    found = shown(text)
    spacing = sum(unicodedata.category(char) == "Mc" for char in found)
    assert cell_len(found) <= width(found) <= cell_len(found) + spacing
    assert "\ufe0f" not in found


@pytest.mark.parametrize(
    ("given", "wide"),
    [("👨‍👩‍👧", 6), ("👍🏽", 2), ("❤️", 1), ("🇩🇪", 2), ("日本", 4), ("e\u0301", 1), ("שלום", 4), ("a\u200b\u00adb", 2)],
)
def test_widths_on_which_terminals_agree(given: str, wide: int) -> None:
    assert width(shown(given)) == wide


def test_a_tower_of_marks_is_cut_and_none_sits_on_the_margin() -> None:
    assert len(shown("a" + "\u0301" * 50)) == 5
    assert shown("\u0301a")[0] == "\N{DOTTED CIRCLE}"


@given(ANY, st.integers(2, 30))
def test_rows_fit_and_nothing_but_blanks_is_lost(text: str, cells: int) -> None:
    line = shown(text)
    rows = [line[a:b] for a, b in wrap(line, cells)]
    assert all(width(row.rstrip()) <= cells for row in rows)
    assert "".join("".join(rows).split()) == "".join(line.split())


def test_words_stay_whole_where_they_can() -> None:
    text = "the quick brown fox"
    assert [text[a:b].strip() for a, b in wrap(text, 10)] == ["the quick", "brown fox"]
    wide = "日本語日本語"
    assert [wide[a:b] for a, b in wrap(wide, 5)] == ["日本", "語日", "本語"]


@given(ANY, st.integers(1, 20))
def test_fitting_is_exact(text: str, cells: int) -> None:
    assert width(fit(shown(text), cells)) == cells
    assert width(fit(shown(text), cells, right=True)) == cells


def test_what_runs_to_the_left_ends_in_its_own_column() -> None:
    assert guarded("שלום").endswith("\u200e")
    assert guarded("hello") == "hello"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("http://a.example, https://b.example!", ["http://a.example", "https://b.example"]),
        ("javascript://x file:///etc/passwd ftp://x", []),
        ("https://ex\u202eample.org", ["https://ex"]),
        (
            "https://de.wikipedia.org/wiki/Köln, https://x.org/Zu\u0308rich?ü=ß#é.",
            ["https://de.wikipedia.org/wiki/Köln", "https://x.org/Zu\u0308rich?ü=ß#é"],
        ),
        ("https://shop.exämple.org/a https://ех.org https://shop例.org", []),
        ("https://example.org，https://example.org?q=ж", ["https://example.org", "https://example.org?q=ж"]),
    ],
)
def test_addresses(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in links(text)] == found


def test_an_address_leads_where_it_says_and_is_ascii() -> None:
    assert address("https://x.org/a%20b?q=1&r=[2]") == "https://x.org/a%20b?q=1&r=[2]"
    assert address("https://x.org/Köln/100%") == "https://x.org/K%C3%B6ln/100%"
