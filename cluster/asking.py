"""How a node asks for a script that speaks for a session: all of them go through the publisher."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from cluster.board import Board
from cluster.calls import Argument, status
from cluster.errors import ClusterError, Degraded, Fenced, LeaseLost, Refused, Unavailable
from cluster.fresh import Fresh
from cluster.link import Reply
from cluster.lives import Lives
from cluster.pipe import Answer, Request
from cluster.publisher import Publisher
from cluster.seam import Health
from cluster.term import Standing

T = TypeVar("T")
HELLO_WAITS = 1.5  # seconds that a term may take to open


class Asking:
    """Any thread. `fresh` and `lives` are written on the publisher's thread only."""

    def __init__(self, publisher: Publisher, standing: Standing, fresh: Fresh, lives: Lives, board: Board) -> None:
        self._publisher = publisher
        self._standing = standing
        self._fresh = fresh
        self._lives = lives
        self._board = board

    def _check_taking(self) -> None:
        if self._board.health in (Health.STARTING, Health.DEGRADED):
            raise Degraded("Redis is away: nothing is taken until it is back")

    def _call(self, script: str, arguments: Sequence[Argument], made: Callable[[list[Reply]], T]) -> T:
        """Blocks until the publisher has the answer; `made` turns it into a value on the publisher's thread."""
        return self._ask(script, arguments, made).result()

    def _ask(self, script: str, arguments: Sequence[Argument], made: Callable[[list[Reply]], T]) -> Future[T]:
        self._check_taking()
        future: Future[T] = Future()

        def settle(answer: Answer) -> None:
            try:
                future.set_result(made(checked(answer)))
            except ClusterError as error:
                future.set_exception(error)

        self._publisher.submit(Request(script, arguments, settle, self._standing.boot, patience=self._patience(script)))
        return future

    def _patience(self, script: str) -> float:
        """Who says hello is told to try again before he gives up by himself; who is here already waits."""
        hasty = ("claim", "resume", "account", "pace")
        return time.monotonic() + HELLO_WAITS if script in hasty else float("inf")

    def _tell(
        self, script: str, arguments: Sequence[Argument], done: Callable[[Answer], None], boot: str | None = None
    ) -> None:
        """Asked by the node for itself: not refused while Redis is away, since nobody would say it again."""
        boot = self._standing.boot if boot is None else boot
        self._publisher.submit(Request(script, arguments, done, boot, lasting=True))

    def _ticket(self) -> str:
        return new_ticket()

    def _begin(self, names: list[Reply], tops: list[Reply]) -> None:
        """Notes where the present life of these logs began."""
        for name, top in zip(names, tops, strict=True):
            self._lives.begin(self._standing.epoch, name.decode(), int(top))


def new_ticket() -> str:
    """Marks one request to change something, so that it is known again when its answer was lost."""
    return secrets.token_hex(8)


def checked(answer: Answer) -> list[Reply]:
    if isinstance(answer, ClusterError):
        raise answer
    word = status(answer)
    if word == "ok":
        return answer
    if word == "fenced":
        raise Fenced("the session is no longer this connection's", answer[1].decode() if len(answer) > 1 else "")
    if word == "lease":
        raise LeaseLost("this node's lease is over")
    if word == "wait":
        raise Unavailable("not all nodes have brought back what they know")
    return answer


def raise_refusal(reply: list[Reply]) -> None:
    if status(reply) == "no":
        raise Refused(reply[1].decode(), reply[2].decode())
