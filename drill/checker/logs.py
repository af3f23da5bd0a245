"""Rules about the logs themselves: what clients hide by their own care, but nodes or Redis did wrong."""

from __future__ import annotations

from collections.abc import Iterator

from drill.checker.record import SHOWN, Record
from drill.checker.verdict import Violation
from drill.history import Happening, Kind

_PLACED = (Kind.ACCEPTED, *SHOWN, Kind.LOGGED)


def repeated(record: Record) -> Iterator[Violation]:
    """A log has one message at two places of one epoch: clients show it once, but it is there twice."""
    found: set[str] = set()
    # What waited for the owner of a nickname was in another log, before it was handed over.
    waited = {f"@{act.who}" for act in record.acts.of("register")}
    for h in record.of(*_PLACED):
        if not h.offset or not h.text or h.text in found:
            continue
        if h.text in record.sent and record.sent[h.text].to in waited:
            continue
        place = record.places[h.text].get(h.epoch, h.offset)
        if place != h.offset:
            found.add(h.text)
            yield Violation(
                "repeated", f"{h.text!r} stands at {place} and {h.offset} of {h.to}", h.at, h.client, h.node
            )


def logged_twice(record: Record) -> Iterator[Violation]:
    """Redis was found to hold a message (session, n) twice."""
    seen: dict[tuple[str, int], Happening] = {}
    for h in record.of(Kind.LOGGED):
        if not h.session or not h.n:
            continue
        other = seen.setdefault((h.session, h.n), h)
        looked_again = h.offset and (other.to, other.epoch, other.offset) == (h.to, h.epoch, h.offset)
        if other is not h and not looked_again:
            text = (
                f"message {h.n} of session {h.session} is in {other.to} at {other.offset} and in {h.to} at {h.offset}"
            )
            yield Violation("logged_twice", text, h.at)


def clashing(record: Record) -> Iterator[Violation]:
    """Two messages of a room have one offset of one epoch: an offset was used twice."""
    # Inboxes are left out: there a new session of the same name begins with offset 1 in the same epoch.
    taken: dict[tuple[str, str], dict[int, str]] = {}
    found: set[tuple[str, str, int]] = set()
    for h in record.of(*_PLACED):
        if not h.offset or not h.text or not h.to.startswith("#"):
            continue
        other = taken.setdefault((h.to, h.epoch), {}).setdefault(h.offset, h.text)
        if other != h.text and (h.to, h.epoch, h.offset) not in found:
            found.add((h.to, h.epoch, h.offset))
            text = f"{other!r} and {h.text!r} both have offset {h.offset} of {h.to}, epoch {h.epoch}"
            yield Violation("clashing", text, h.at, h.client, h.node)
