"""Bytes -> lines of the plain dialect, and what others see of what was typed."""

from __future__ import annotations

from functools import partial

from fuzz.inputs import stream
from fuzz.screen import check_lines
from fuzz.steps import bounded
from wire import plain
from wire.errors import WireError
from wire.frames import Error, Frame, Joined, Message, Say
from wire.names import destination
from wire.plain_input import Help
from wire.talk import Heard, Talk
from wire.text import check

REFUSED = 1
"""Mode: joins are refused."""


def typed(data: bytes) -> None:
    """No error but WireError. What is said can be said, its n go on by one, and it is shown in lines of its own."""
    mode, whole, _ = stream(data)
    talk, said = Talk(), 0
    for line in whole.split(b"\n"):
        heard = bounded(partial(_heard, talk, line), len(line))
        if isinstance(heard, Say):
            said += 1
            assert heard.n == said, f"{heard.n} after {said - 1}"
            _shown(heard)
        elif getattr(heard, "room", None) and mode & REFUSED:
            talk.answered(Error(code=1015, text="no", id=getattr(heard, "id", None)))
        elif type(heard).__name__ == "Join":
            talk.answered(Joined(log=talk.room, epoch="e", offset=1, session="s", nick="a", time=1, count=1))


def _heard(talk: Talk, line: bytes) -> Heard | None:
    for take in (talk.nickname, talk.line):
        try:
            heard = take(line)
        except WireError as error:
            assert error.text
            check_lines(plain.render(error.to_frame()), "! ")
            heard = None
        assert heard is None or isinstance(heard, Frame | Help), heard
    return heard


def _shown(say: Say) -> None:
    try:
        check(say.text)
        destination(say.to)
    except WireError:
        return
    frame = Message(log="#lobby", epoch="e", offset=1, session="s", n=say.n, nick="alice", text=say.text, time=1)
    check_lines(plain.render(frame), "alice: ", "** alice ")
    check_lines(plain.private_copy("bob", say.text), "you -> @bob: ")
