"""Numbers and texts as people read them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len

from cluster.top import wording
from cluster.top.paint import Span, between, cut, plain


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        (wording.count, 0, "0"),
        (wording.count, 1204, "1,204"),
        (wording.count, 1_240_000, "1.2M"),
        (wording.count, 3e9, "3.0G"),
        (wording.per_second, 0, "0"),
        (wording.per_second, 0.44, "0.4"),
        (wording.per_second, 99.94, "99.9"),
        (wording.per_second, 99.96, "100"),
        (wording.per_second, 1204, "1,204"),
        (wording.seconds, 0, "0.0 ms"),
        (wording.seconds, 0.00042, "0.4 ms"),
        (wording.seconds, 0.0124, "12 ms"),
        (wording.seconds, 0.9999, "1.0 s"),
        (wording.seconds, 125, "2 m 5 s"),
        (wording.span, 0.4, "0 s"),
        (wording.span, -3, "0 s"),
        (wording.span, 3600, "1 h"),
        (wording.span, 90061, "1 d 1 h"),
        (wording.size, 0, "0 B"),
        (wording.size, 1023, "1023 B"),
        (wording.size, 12.4 * 1024, "12.4 KiB"),
        (wording.size, 300 * 1024**2, "300 MiB"),
        (wording.size, 5000 * 1024**3, "5000 GiB"),
        (wording.percent, 0.123, "12 %"),
    ],
)
def test_a_number(text: object, value: float, said: str) -> None:
    assert callable(text)
    assert text(value) == said
    assert text(None) == "-"


def test_a_time_has_its_date_where_it_is_not_today() -> None:
    assert wording.clock(time.time() * 1000).count(":") == 2
    assert "-" in wording.clock(1_700_000_000_000)
    assert wording.clock(0) == wording.clock(1e30) == wording.clock(-5) == "-"


@given(st.text(), st.integers(0, 30), st.booleans())
def test_a_text_is_fitted_into_just_so_many_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(wording.fitted(wording.clean(text), width, right)) == width


def test_a_text_that_is_cut_says_so() -> None:
    assert wording.fitted("abcdef", 4) == "abc…"
    assert wording.fitted("你好吗", 5) == "你好…"
    assert wording.fitted("ab", 4, right=True) == "  ab"


def test_others_texts_reach_no_terminal_raw() -> None:
    assert wording.clean("\x1b]0;owned\x07\u202ebad\n") == "]0;ownedbad"
    assert wording.clean("\x1b") == "-"


def test_a_sparkline_goes_from_nothing_to_the_largest() -> None:
    assert wording.sparkline((0.0, 4.0, None, 8.0), 4) == "▁▅ █"
    assert wording.sparkline((0.0, 0.0), 4) == "  ▁▁"
    assert wording.sparkline((1.0, 2.0, 3.0), 2) == "▆█"
    assert wording.sparkline((), 3) == "   "
    assert wording.sparkline((1.0,), 0) == ""


@given(st.text(alphabet="ab你🦑"), st.text(alphabet="c好"), st.integers(0, 12), st.integers(0, 12))
def test_a_cut_row_has_at_most_so_many_cells(one: str, two: str, start: int, width: int) -> None:
    row = cut([Span(one), Span(two)], start, width)
    long = cell_len(one + two)
    assert cell_len(plain(row)) == max(0, min(width, long - start))


def test_a_row_is_cut_at_both_ends() -> None:
    row = [Span("ab"), Span("你好"), Span("cd")]
    assert plain(cut(row, 1, 4)) == "b你 "
    assert plain(cut(row, 3, 4)) == " 好c"


def test_what_stands_to_the_right_gives_way() -> None:
    assert plain(between([Span("ab")], [Span("cd")], 6)) == "ab  cd"
    assert plain(between([Span("abc")], [Span("cd")], 5)) == "abc"
