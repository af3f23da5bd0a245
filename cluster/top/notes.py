"""What was done from here, and how far it is: a line each. Pure; one thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cluster.operator.text import harmless
from cluster.top.columns import BAD, DIM, GOOD, NORMAL
from cluster.top.paint import Row, Span
from cluster.top.wording import span

SHOWN = 3
STAYS = 30.0
"""Seconds for which the end of what went well is shown; a failure stays until it is forgotten."""


@dataclass(slots=True)
class _Note:
    text: str
    began: float
    changed: float
    role: str


class Notes:
    """By what was begun, as in "drain n1"."""

    def __init__(self) -> None:
        self._notes: dict[str, _Note] = {}

    def step(self, job: str, text: str, now: float) -> None:
        """It goes on."""
        note = self._notes.setdefault(job, _Note(text, now, now, NORMAL))
        note.text, note.changed, note.role = text, now, NORMAL

    def end(self, job: str, error: str, now: float) -> None:
        """It is over. `error`: '' if it went well."""
        note = self._notes.setdefault(job, _Note("done", now, now, GOOD))
        note.text, note.changed, note.role = error or note.text, now, BAD if error else GOOD

    def forget(self) -> None:
        """All that is over."""
        self._notes = {job: note for job, note in self._notes.items() if note.role == NORMAL}

    def running(self) -> Sequence[str]:
        """What is not over."""
        return [job for job, note in self._notes.items() if note.role == NORMAL]

    def rows(self, now: float) -> list[Row]:
        """The last few."""
        gone = [job for job, note in self._notes.items() if note.role == GOOD and now - note.changed > STAYS]
        for job in gone:
            del self._notes[job]
        return [self._row(job, note, now) for job, note in list(self._notes.items())[-SHOWN:]]

    def _row(self, job: str, note: _Note, now: float) -> Row:
        took = span((now if note.role == NORMAL else note.changed) - note.began)
        return [Span(f"{harmless(job)}: ", DIM), Span(harmless(note.text), note.role), Span(f"  {took}", DIM)]
