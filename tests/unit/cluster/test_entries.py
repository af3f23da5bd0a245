"""The small format of entries, on channels and in streams."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from cluster.entries import from_payload, from_stream
from cluster.types import Entry

LINE = "#lobby e1 7 1700000000000 message s1 3 Alice"


def test_a_line_from_a_channel() -> None:
    assert from_payload(f"{LINE}\nGrüße\n👩‍👩‍👧".encode()) == Entry(
        "#lobby", "e1", 7, 1700000000000, "message", "s1", 3, "Alice", "Grüße\n👩‍👩‍👧"
    )


def test_words_that_a_later_version_adds_are_passed_over() -> None:
    assert from_payload(f"{LINE} reply=6 more\nhi".encode()).text == "hi"


def test_empty_words_stay_empty() -> None:
    entry = from_payload(b"#lobby e2 8 1 gap  0 \ne1 3 7")
    assert (entry.session, entry.nick, entry.text) == ("", "", "e1 3 7")


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\n",
        b"no line feed",
        b"#lobby\n",
        LINE.replace("7", "x", 1).encode() + b"\n",
        b"\xff\xfe\n",
        b"a b c d e f g\n",
    ],
)
def test_anything_else_is_a_value_error(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_payload(noise)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(noise: bytes) -> None:
    try:
        from_payload(noise)
    except ValueError:
        pass


def test_an_item_of_a_stream() -> None:
    flat = [
        b"kind",
        b"message",
        b"session",
        b"s1",
        b"n",
        b"3",
        b"nick",
        "Жанна".encode(),
        b"time",
        b"12",
        b"text",
        b"a\nb",
    ]
    later = [*flat, b"added", b"later"]
    for item in ([b"7", flat], [7, later]):
        assert from_stream("@s2", "e1", item) == Entry("@s2", "e1", 7, 12, "message", "s1", 3, "Жанна", "a\nb")
