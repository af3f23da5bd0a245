"""What other threads tell the screen."""

from __future__ import annotations

from textual.message import Message

from cluster.top.facts import Reading


class Heard(Message):
    """The next reading."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.reading = reading


class Failed(Message):
    """Reading is over: no use in going on."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Step(Message):
    """How far a job is. `error`: None while it goes on, '' when it went well."""

    def __init__(self, job: str, text: str, error: str | None = None) -> None:
        super().__init__()
        self.job, self.text, self.error = job, text, error
