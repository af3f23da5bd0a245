"""Rules about what became of what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from drill.checker.record import SHOWN, Record
from drill.checker.stays import FOREVER
from drill.checker.verdict import Violation
from drill.history import Kind

_ANSWERS = (Kind.ACCEPTED, Kind.REFUSED, Kind.UNSURE)


def unanswered(record: Record) -> Iterator[Violation]:
    """Said, but the sender never learned what became of it though he stayed; or was told twice. Who never gets an
    answer speaks a dialect that has none."""
    answers = Counter((h.client, h.text) for h in record.of(*_ANSWERS))
    native = {client for client, _ in answers}
    here = {stay.client for stay in record.stays.all if stay.leaving == FOREVER}
    for h in record.of(Kind.SENT):
        n = answers[h.client, h.text]
        if n > 1 or (n == 0 and h.client in native and h.client in here):
            text = f"{h.client} has {n} outcomes for {h.text!r}"
            yield Violation("unanswered", text, h.at, h.client, record.node(h.client, h.at))


def unknown(record: Record) -> int:
    """How many sends have a fate that can't be known: the sender was told so, or left before he was told."""
    answered = {(h.client, h.text) for h in record.of(Kind.ACCEPTED, Kind.REFUSED)}
    return sum((h.client, h.text) not in answered for h in record.of(Kind.SENT))


def refused_yet_shown(record: Record) -> Iterator[Violation]:
    """Refused, yet somebody was shown it: the sender believes that nobody was."""
    refused = {h.text: h for h in record.of(Kind.REFUSED)}
    for h in record.of(*SHOWN):
        refusal = refused.pop(h.text, None)
        if refusal and not record.is_spoilt(record.sent[h.text].at if h.text in record.sent else h.at, refusal.at):
            text = f"{h.client} got {h.text!r}, which was refused"
            yield Violation("refused_yet_shown", text, h.at, refusal.client, record.node(refusal.client, refusal.at))


def idle(record: Record) -> Iterator[Violation]:
    """A whole drill in which nothing was accepted proves nothing."""
    if record.has_head and not record.accepted:
        yield Violation("idle", "not one message was accepted")
