"""What becomes of a session whose script is done, and of what was asked right behind it."""

from __future__ import annotations

from typing import cast

import pytest

from cluster.board import Board
from cluster.errors import ClusterError, Degraded, Fenced, LeaseLost, Stopped
from cluster.fresh import Fresh
from cluster.lives import Lives
from cluster.pipe import Answer, Request
from cluster.publisher import Publisher
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.term import Standing

RESUMED = [b"ok", b"1", b"0", b"#lobby", b"2", b"Alice", b"alice", b"", b"", b"", b"hash", b"#lobby", b"1", b"0", b"0"]


class Answering:
    """Of a publisher: each script gets its answer at once."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    def submit(self, request: Request) -> None:
        request.done(self._answers[request.script])


@pytest.mark.parametrize("error", [Degraded("late"), LeaseLost("over"), Stopped("stopping"), Fenced("taken", "")])
def test_a_resume_that_is_done_is_not_refused_for_what_follows(error: ClusterError) -> None:
    """The session is this connection's in Redis: refused, it would be here with no connection."""
    standing = Standing(ClusterSettings("n1", "redis://nowhere"), "boot", "run:repl:e1", "boot")
    board = Board(lambda _: None)
    board.beating(True)
    board.publishing(True)
    publisher = cast(Publisher, Answering({"resume": RESUMED, "pace": error}))
    sessions = Sessions(publisher, standing, Fresh(), Lives(), board)
    claimed = sessions.resume("s", "c", "hash", 0, "192.0.2.1:5", "")
    assert (claimed.claim, claimed.ahead) == ("c", (0, 0))
