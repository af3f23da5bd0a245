"""Reading through a connection that broke while nobody used it."""

from __future__ import annotations

from typing import cast

import pytest

from cluster.errors import Unavailable
from cluster.keys import Keys
from cluster.logs import Logs
from cluster.pipe import Answer, Request
from cluster.reader import Reader


class Scripted:
    """A reader that answers at once, in this order."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def submit(self, request: Request) -> None:
        request.done(self.answers.pop(0))


def logs(*answers: Answer) -> Logs:
    return Logs(cast("Reader", Scripted(*answers)), Keys("{t}:"))


def test_a_read_is_tried_once_more() -> None:
    assert logs(Unavailable("the old connection"), [b"ok", b"#lobby", b"2"]).rooms("") == [("#lobby", 2)]


def test_a_read_that_fails_twice_is_told() -> None:
    with pytest.raises(Unavailable, match="second"):
        logs(Unavailable("first"), Unavailable("second")).rooms("")
