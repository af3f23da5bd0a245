"""A link that answers what a test wrote down, instead of a Redis."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from cluster.errors import Unavailable
from cluster.link import Command, Link, Reply

Answering = Callable[[Sequence[Command]], list[Reply]]


class ScriptedLink(Link):
    """`answers`: one for each pipeline, in order; an exception is raised, and after too few replies the
    connection breaks. The last one is given for ever."""

    def __init__(self, *answers: Answering | Exception) -> None:
        super().__init__("redis://127.0.0.1:1/0", 1.0, "scripted")
        self.answers: deque[Answering | Exception] = deque(answers)
        self.sent: list[Sequence[Command]] = []
        self.opened = 0

    def open(self) -> None:
        self.is_open = True
        self.opened += 1

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        pass

    def send(self, commands: Sequence[Command]) -> None:
        if not self.is_open:
            raise Unavailable("closed")
        self._replies: deque[Reply] = deque()
        if commands:
            self.sent.append(commands)
            answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            self._replies.extend(answer(commands))

    def read_value(self) -> Reply:
        if not self._replies:
            raise Unavailable("cut in the middle of the answers")
        return self._replies.popleft()
