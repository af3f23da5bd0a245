"""What the bots in examples/ decide by themselves, without a chat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from client import AnnounceEvent, Connected, Event, GapEvent, JoinedEvent, MessageEvent, sayable
from examples.echo_bot import answer
from examples.log_bridge import MOST, Follower
from examples.transcript import identity, known, line
from wire.text import check

Follow = Callable[..., Follower]


def taken(follower: Follower) -> list[str]:
    """All that can be taken now."""
    found = []
    while text := follower.take():
        found.append(text)
    return found


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Makes followers, and closes them."""
    with ExitStack() as stack:
        yield lambda path, mark=None: stack.enter_context(closing(Follower(path, mark)))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("before\n")
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_line_is_taken_when_it_is_whole(log: Path, follow: Follow) -> None:
    follower = follow(log)
    append(log, b"one\ntw")
    assert taken(follower) == ["one"]
    assert taken(follower) == []
    append(log, b"o\n")
    assert taken(follower) == ["two"]


def test_it_goes_on_at_its_mark(log: Path, follow: Follow) -> None:
    follower = follow(log)
    append(log, b"one\n")
    mark = follower.mark
    assert taken(follower) == taken(follow(log, mark)) == ["one"]


def test_a_mark_in_another_or_a_shorter_file_counts_from_its_beginning(log: Path, follow: Follow) -> None:
    inode, offset = follow(log).mark
    assert taken(follow(log, [inode + 1, offset])) == ["before"]
    assert taken(follow(log, [inode, offset + 1])) == ["before"]


def test_rotation_loses_neither_the_rest_nor_the_beginning(log: Path, follow: Follow) -> None:
    follower = follow(log)
    old = log.rename(log.with_suffix(".1"))
    assert taken(follower) == [], "nothing has that name yet"
    append(old, b"the rest\nwithout its end")
    assert taken(follower) == ["the rest"]
    append(log, b"the new\n")
    assert taken(follower) == ["without its end", "the new"]


def test_what_is_long_comes_in_pieces(log: Path, follow: Follow) -> None:
    follower = follow(log)
    append(log, b"x" * (2 * MOST + 10) + b"\n" + b"short\n" * MOST)
    texts = taken(follower)
    assert all(len(text) <= MOST for text in texts)
    assert "".join(texts).replace("\n", "") == "x" * (2 * MOST + 10) + "short" * MOST


@pytest.mark.parametrize(
    "data", [b"\xff" * MOST, b"\x1b" * MOST, bytes(range(256)) * 20, "é🎉".encode() * 800 + b"\xf0"]
)
def test_whatever_is_in_the_file_may_be_said(data: bytes) -> None:
    check(sayable(data[:MOST]))


def test_blank_lines_are_not_said(log: Path, follow: Follow) -> None:
    follower = follow(log)
    append(log, b"\n \n\t\n")
    assert taken(follower) == []
    append(log, b"one\n")
    assert taken(follower) == ["one"]


def said(text: str, room: str | None = "#lobby", **more: bool) -> MessageEvent:
    return MessageEvent(room, "s1", 1, "ann", text, 0, "e1", 1, **more)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said("echo: hello"), "you said: hello"),
        (said("ECHO:hello: you"), "you said: hello: you"),
        (said("hello", None), "you said: hello"),
        (said("hello"), ""),
        (said("echo:  "), ""),
        (said("other: hello"), ""),
        (said("echo: hello", own=True), ""),
        (said("echo: hello", history=True), ""),
        (said("you said: hello", None), ""),
    ],
)
def test_what_the_echo_bot_answers_to(event: MessageEvent, expected: str) -> None:
    assert answer(event, "Echo") == expected


ANNOUNCED = AnnounceEvent("at noon", 0, "#ops", "*5f", "e1", 2)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said("hi"), {"kind": "message", "text": "hi", "session": "s1", "n": 1, "nick": "ann", "room": "#lobby"}),
        (ANNOUNCED, {"kind": "announcement", "text": "at noon", "room": "#ops"}),
        (GapEvent("#lobby", 3, 4, 5), {"kind": "gap", "text": "complete to #3; 4-5 may be missing", "first": 4}),
        (Connected("n1", "x", "s2", "a:1", former="s1"), {"kind": "gap"}),
    ],
)
def test_what_a_transcript_has_of_it(event: Event, expected: dict[str, object]) -> None:
    found = line(event)
    assert found is not None
    assert expected.items() <= found.items()
    json.dumps(found)


@pytest.mark.parametrize(
    "event",
    [said("psst", None), replace(ANNOUNCED, room=None), Connected("n1", "x", "s1", "a:1"), GapEvent(None, 1, 2, 3)],
)
def test_what_is_private_or_of_the_line_is_in_no_transcript(event: Event) -> None:
    assert line(event) is None


def test_what_stands_in_a_transcript_is_known_and_its_cut_end_goes(tmp_path: Path) -> None:
    path = tmp_path / "ops.jsonl"
    events: list[Event] = [said("hi"), ANNOUNCED, JoinedEvent("#ops", "bob", "s9", 0)]
    path.write_text("".join(json.dumps(line(event)) + "\n" for event in events) + '{"kind": "mess')
    before = known(path)
    assert path.read_text().endswith("}\n")
    assert [identity(line(event) or {}) in before for event in events] == [True, True, False]
    assert known(tmp_path / "new.jsonl") == set()
