"""Where the user of the line client is: what one thread types, however far behind the one that prints is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import ChatClient
from client.terminal.talk import Talk
from tests.unit.client.model import LOBBY, Line
from tests.unit.client.scripted import Loopback
from wire.frames import Accepted, Join, Joined, Leave, Left, Say

LINES = ["one", "/join #ops", "two", "/join #art", "three", "/leave", "four", "/leave #ops", "five"]
WHERE = [(LOBBY, "one"), ("#ops", "two"), ("#art", "three"), ("#ops", "four"), (LOBBY, "five")]


def _entering(line: Line, asked: Join) -> None:
    assert line.session is not None
    line.down.append(Joined(asked.room, "r1", 1, line.session.number, "bot", 1000, 1, ["bot"], asked.id))


def _leaving(line: Line, asked: Leave) -> None:
    assert line.session is not None
    line.down.append(Left(asked.room, "r1", 2, line.session.number, "bot", 1000, "left", asked.id))


def _accepting(line: Line, say: Say) -> None:
    line.down.append(Accepted(say.n, say.to, "e1", 9, 1))


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback() as one:
        one.world.on |= {Join: _entering, Leave: _leaving, Say: _accepting}
        yield one


@pytest.fixture
def chat(cluster: Loopback) -> Iterator[ChatClient]:
    with ChatClient(cluster.servers, "bot") as one:
        yield one


def _print(chat: ChatClient, talk: Talk) -> None:
    while (event := chat.next_event(0)) is not None:
        talk.saw(event)


@pytest.mark.parametrize("behind", range(len(LINES) + 1))
def test_a_line_goes_where_it_was_meant_for_whenever_what_came_is_printed(chat: ChatClient, behind: int) -> None:
    talk, where = Talk(chat, LOBBY, lambda line: None, in_turn=10.0), []
    for number, line in enumerate(LINES):
        if number == behind:
            _print(chat, talk)
        talk.typed(line)
        if not line.startswith("/"):
            where.append((talk.current, line))
    assert where == WHERE


def test_a_room_is_gone_back_to_without_asking_and_asked_for_again_after_leaving(chat: ChatClient) -> None:
    talk = Talk(chat, LOBBY, lambda line: None, in_turn=10.0)
    for line in ("/join #ops", "/join #lobby", "/join #ops"):
        talk.typed(line)
    assert (talk.current, chat.joined) == ("#ops", (LOBBY, "#ops"))
    for line in ("/leave", "/join #ops"):
        talk.typed(line)
    assert (talk.current, chat.joined) == ("#ops", (LOBBY, "#ops"))


def test_a_room_that_is_being_left_is_none_to_go_back_to(cluster: Loopback, chat: ChatClient) -> None:
    """At a prompt nobody waits for answers."""
    cluster.world.on[Leave] = lambda line, asked: None
    chat.join("#ops").wait(10)
    talk = Talk(chat, "#ops", lambda line: None)
    talk.typed("/leave")
    assert (talk.current, chat.joined) == (LOBBY, (LOBBY, "#ops"))
    talk.typed("/join #ops")
    assert talk.current == "#ops"
    chat.say("after it").wait_accepted(10)
    assert sum(isinstance(frame, Join) for frame in cluster.heard) == 2
