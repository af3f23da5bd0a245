"""A history that is saved is the same when it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from drill.history import Happening, History, Kind, from_lines, load, to_line

ROOM = "#lobby"


def test_a_history_keeps_the_order_of_a_thread() -> None:
    history = History()
    for n in range(3):
        history.add(Happening("ana", Kind.SENT, ROOM, text=str(n)))

    assert [h.text for h in history.all()] == ["0", "1", "2"]
    assert history.count(Kind.SENT, "ana") == history.count(Kind.SENT) == 3
    assert history.count(Kind.SENT, "ben") == 0


def test_a_history_that_is_longer_than_the_memory_keeps_only_its_counts() -> None:
    written: list[Happening] = []
    history = History(written.append, keep=False)
    history.add(Happening("ana", Kind.SENT, ROOM))

    assert history.all() == []
    assert history.count(Kind.SENT, "ana") == 1
    assert len(written) == 1


HAPPENINGS = st.builds(
    Happening,
    st.text(),
    st.sampled_from(Kind),
    text=st.text(),
    offset=st.integers(0, 2**53),
    at=st.floats(0, 1e9),
)


@given(HAPPENINGS)
def test_a_line_holds_all_of_a_happening(happening: Happening) -> None:
    line = to_line(happening)

    assert line.count(b"\n") == 1
    assert list(from_lines([line])) == [happening]


def test_empty_fields_are_left_out_but_the_time_is_not() -> None:
    line = to_line(Happening("ana", Kind.HISTORY, text="a\nb 你好", at=0.0))

    assert line == '{"client":"ana","kind":"history","text":"a\\nb 你好","at":0.0}\n'.encode()


def test_a_file_is_loaded(tmp_path: Path) -> None:
    made = [Happening("ana", Kind.SENT, ROOM, at=1.0), Happening("ben", Kind.RECEIVED, ROOM, "ana", at=2.0)]
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"".join(map(to_line, made)))

    assert load(file) == made


def test_equal_words_are_one_object() -> None:
    line = to_line(Happening("ana", Kind.SENT, ROOM, text="hello there", epoch="e1"))
    one, other = from_lines([line, line])

    assert one.text is other.text
    assert one.client is other.client


@pytest.mark.parametrize(
    "line", [b"{}", b"no JSON", b'{"client":"a","kind":"fell over","at":1.0}', b'{"client":"\xff"}']
)
def test_a_line_that_is_none_is_named(line: bytes) -> None:
    good = to_line(Happening("ana", Kind.SENT, ROOM))

    with pytest.raises(ValueError, match="line 2 is no happening"):
        list(from_lines([good, line]))
