from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from wire.codes import Code
from wire.errors import WireError
from wire.text import MAX_TEXT, check, harmless, strip_plain

GOOD = [
    "hello all",
    "Grüße aus Köln",
    "Привет, мир",
    "你好，世界",
    "שלום עולם",
    "مرحبا بالعالم",
    "नमस्ते",
    "👩‍👩‍👧 🏳️‍🌈 🇺🇦",
    "two\nlines\tand a tab",
    "x" * MAX_TEXT,
    "é" * (MAX_TEXT // 2),
]


@pytest.mark.parametrize("text", GOOD)
def test_what_people_write_may_be_said_and_shown(text: str) -> None:
    check(text)
    if "\n" not in text:
        assert harmless(text) == text.replace("\t", " ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.BAD_TEXT),
        (" \t\n\u3000", Code.BAD_TEXT),
        ("\x1b[2J", Code.BAD_TEXT),
        ("a\rb", Code.BAD_TEXT),
        ("a\x00", Code.BAD_TEXT),
        ("a\x7f", Code.BAD_TEXT),
        ("a\x9b31m", Code.BAD_TEXT),
        ("\ud800", Code.BAD_TEXT),
        ("x" * (MAX_TEXT + 1), Code.TEXT_TOO_LONG),
        ("é" * (MAX_TEXT // 2) + "x", Code.TEXT_TOO_LONG),
    ],
)
def test_what_may_not_be_said(text: str, code: Code) -> None:
    with pytest.raises(WireError) as refused:
        check(text)
    assert refused.value.code is code
    assert refused.value.text.isprintable()


@given(text=st.text(st.characters()))
def test_nothing_that_steers_a_terminal_passes(text: str) -> None:
    shown = harmless(text)
    shown.encode()
    for sign in shown:
        assert unicodedata.category(sign) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(sign) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert len(shown) == len(text)
    assert harmless(shown) == shown


def test_every_control_of_unicode_is_made_visible() -> None:
    for number in (*range(0x20), *range(0x7F, 0xA0)):
        assert harmless(chr(number)).isprintable()


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert harmless("a\ud83d") == "a\ufffd"


def test_controls_are_made_visible() -> None:
    assert harmless("\x1b[31mred\x07\x7f\x9b\u202e\t!") == "␛[31mred␇␡\ufffd\ufffd !"


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_plain_input_is_fit_to_say_unless_empty_or_long(text: str) -> None:
    clean = strip_plain(text)
    if clean and not clean.isspace():
        check(clean)


def test_plain_input_keeps_what_was_meant() -> None:
    assert strip_plain("  hello\x08\x1b[Aé \t\r") == "  hello[Aé"
