from __future__ import annotations

import pytest

from wire.codes import Code
from wire.errors import WireError
from wire.frames import Error, Join, Joined, Leave, Say
from wire.talk import Talk


def hear(talk: Talk, *lines: str) -> list[tuple[str, str]]:
    """Where the texts among `lines` went; joins are answered, but #closed is refused."""
    said: list[tuple[str, str]] = []
    for line in lines:
        command = talk.line(line.encode())
        if isinstance(command, Say):
            said.append((command.to, command.text))
        if isinstance(command, Join):
            talk.answered(_answer(command))
    return said


def _answer(join: Join) -> Error | Joined:
    if join.room == "#closed":
        return Error(code=Code.TOO_MANY_ROOMS, text="no", id=join.id)
    return Joined(log=join.room, epoch="e", offset=1, session="s1", nick="alice", time=1, count=1, id=join.id)


def test_text_goes_to_the_room_joined_last() -> None:
    said = hear(Talk(), "/join #Ops", "a", "#lobby b", "/leave", "c", "/join x", "/leave #ops", "d")
    assert said == [("#ops", "a"), ("#lobby", "b"), ("#lobby", "c"), ("#x", "d")]


def test_a_refused_join_leads_back() -> None:
    assert hear(Talk(), "/join #ops", "/join #closed", "hi") == [("#ops", "hi")]


def test_somebody_elses_errors_and_joins_lead_nowhere() -> None:
    talk = Talk()
    talk.line(b"/join #ops")
    talk.answered(Error(code=Code.NOT_MEMBER, text="no", n=1))
    talk.answered(Joined(log="#lobby", epoch="e", offset=1, session="s2", nick="bob", time=1))
    assert talk.room == "#ops"


@pytest.mark.parametrize("line", [b"/join #a:b", b"/leave #a:b", b"/join #", b"/join #a:b key"])
def test_a_bad_room_changes_nothing(line: bytes) -> None:
    talk = Talk()
    with pytest.raises(WireError) as refused:
        talk.line(line)
    assert refused.value.code is Code.BAD_ROOM
    assert talk.room == "#lobby"


def test_rooms_are_spelled_canonically() -> None:
    talk = Talk()
    assert talk.line("/join #CAFÉ".encode()) == Join(room="#café", id=1)
    assert talk.line(b"/leave") == Leave(room="#café")


def test_a_key_goes_with_the_joining() -> None:
    talk = Talk()
    assert talk.line(b"/join ops  hush ") == Join(room="#ops", id=1, key="hush")
    assert talk.room == "#ops"
