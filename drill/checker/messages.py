"""Rules about messages: all are shown, once, where they belong, and nothing else is."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from drill.checker.record import SHOWN, Record
from drill.checker.stays import Stay
from drill.checker.verdict import Violation
from drill.history import Happening, Kind

_ACKNOWLEDGED = 1.0
"""Seconds after which a client has acknowledged what it was shown."""


def lost(record: Record) -> Iterator[Violation]:
    """Accepted, but missing at a member of the room or at the addressee, to whom no gap was told."""
    for client, accepted in missing(record):
        if not is_told(record, client, accepted):
            text = f"{client} never got {accepted.text!r}, accepted in {accepted.to}"
            yield Violation("lost", text, accepted.at, client, record.node(client, accepted.at))


def missing(record: Record) -> Iterator[tuple[str, Happening]]:
    """Who did not get which message (its ACCEPTED) that was owed to him. Each pair once."""
    by_place: dict[str, list[Happening]] = defaultdict(list)
    for accepted in record.accepted.values():
        if accepted.text in record.sent:
            by_place[accepted.to].append(accepted)
    said = {to: _by_time(record, messages) for to, messages in by_place.items()}
    for (client, room), stays in record.stays.by_place.items():
        yield from _unseen(record, stays, *said.get(room, ([], [])))
        # Direct messages are owed once, however many rooms he was in.
        if room == _first_room(record, client):
            yield from _unseen(record, stays, *said.get(f"@{client}", ([], [])), letters=True)


def _by_time(record: Record, messages: list[Happening]) -> tuple[list[float], list[Happening]]:
    messages.sort(key=lambda m: record.sent[m.text].at)
    return [record.sent[m.text].at for m in messages], messages


def _first_room(record: Record, client: str) -> str:
    rooms = [room for who, room in record.stays.by_place if who == client]
    return "#lobby" if "#lobby" in rooms else rooms[0]


def _unseen(
    record: Record, stays: list[Stay], times: list[float], messages: list[Happening], *, letters: bool = False
) -> Iterator[tuple[str, Happening]]:
    for stay in stays:
        shown = record.shown[stay.client]
        end = stay.letters if letters else stay.owed
        for i in range(bisect_right(times, stay.entered), len(times)):
            if times[i] >= end:
                break
            if messages[i].text not in shown and messages[i].at < end:
                yield stay.client, messages[i]


def is_told(record: Record, client: str, accepted: Happening) -> bool:
    """Whether a gap tells that the message may be missing: it came later, and names one of its places."""
    log = accepted.to if accepted.to.startswith("#") else "@"
    said = record.sent[accepted.text].at
    places = record.places.get(accepted.text, {accepted.epoch: accepted.offset})
    return any(
        gap.at >= said
        and (any(covers(gap, *place) for place in _carried(record, log, gap, places)) or _follows(record, gap, places))
        for gap in record.gaps.get((client, log), ())
    )


def _carried(record: Record, log: str, gap: Happening, places: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The places of a message, and where it stood in the epoch of the gap if it was accepted in an earlier one and
    nobody saw it there, nor anything else: what a log keeps when it turns to another epoch keeps its offset. What it
    has lost it names there by an entry, and a gap that reaches to the end of that epoch names that entry as well."""
    yield from places.items()
    lives = record.epochs
    if gap.epoch not in places:
        earlier = [offset for epoch, offset in places.items() if lives.get(epoch, 0) < lives.get(gap.epoch, 0)]
        taken = record.stands.get((f"@{gap.client}" if log == "@" else log, gap.epoch), frozenset())
        yield from ((gap.epoch, offset) for offset in earlier if offset not in taken)
        if earlier and len(earlier) == len(places) and taken and max(taken) <= gap.last:
            yield gap.epoch, gap.last


def _follows(record: Record, gap: Happening, places: dict[str, int]) -> bool:
    """Whether a gap without an end names a message of a later life. Such a gap says up to where its client has
    everything, and that what came then may be missing: to the end of that life, and of those that followed, up to the
    place from which the client is shown entries again."""
    began = record.epochs.get(gap.epoch, 0)
    if gap.last or not began:
        return False
    on = record.goes_on(gap)
    present = record.epochs[on.epoch] if on else len(record.epochs) + 1
    return bool(places) and all(
        began < record.epochs.get(epoch, 0) < present or (on and epoch == on.epoch and offset < on.offset)
        for epoch, offset in places.items()
        if record.epochs.get(epoch, 0) <= present
    )


def covers(gap: Happening, epoch: str, offset: int) -> bool:
    """Whether `gap` names this place."""
    return gap.epoch in ("", epoch) and gap.first <= offset and (not gap.last or offset <= gap.last)


def doubled(record: Record) -> Iterator[Violation]:
    """Shown more than once to one client. Who comes into a room again may see its last messages again, as history."""
    entries = _visits(record)
    shown: dict[str, dict[str, float]] = defaultdict(dict)
    for h in sorted(record.of(*SHOWN), key=lambda h: h.at):
        before = shown[h.client].get(h.text)
        again = before is not None and (
            h.kind is not Kind.HISTORY or _visit(entries, h, before) == _visit(entries, h, h.at)
        )
        again = again and not (h.to == "@" and _may_wait_again(record, h.client, before or 0.0, h.at))
        shown[h.client][h.text] = h.at
        if again:
            text = f"{h.client} got {h.text!r} again"
            yield Violation("doubled", text, h.at, h.client, record.node(h.client, h.at))


def _may_wait_again(record: Record, client: str, before: float, at: float) -> bool:
    """Whether a letter that was shown at `before` may come to a new session of its addressee: nothing shows that it had
    been acknowledged in the life in which it came."""
    acts = record.acts
    if acts.life(client, before) == acts.life(client, at):
        return False
    gone = min((act.asked for act in acts.by_client[client] if act.what == "go" and act.asked > before), default=at)
    answered = acts.has_answered_between(client, before + _ACKNOWLEDGED, gone - _ACKNOWLEDGED)
    return not any(answered) or record.is_spoilt(before, at)


def _visits(record: Record) -> dict[tuple[str, str], list[float]]:
    visits = {place: [stay.opening for stay in stays] for place, stays in record.stays.by_place.items()}
    # Who plays in a scene comes into its rooms again with each new session.
    anew = defaultdict(list)
    for h in record.of(Kind.RENEWED):
        anew[h.client].append(h.at)
    for act in record.acts.of("come", "join"):
        if act.what == "come":
            anew[act.client].append(act.asked)
        else:
            visits.setdefault((act.client, act.to), []).append(act.asked)
    return {(client, room): sorted(times + anew[client]) for (client, room), times in visits.items()}


def _visit(visits: dict[tuple[str, str], list[float]], h: Happening, at: float) -> int:
    return bisect_right(visits.get((h.client, h.to), ()), at)


def invented(record: Record) -> Iterator[Violation]:
    """Shown, but nobody said it, or somebody else did, or in another place."""
    for h in record.of(*SHOWN):
        origin = record.sent.get(h.text)
        if origin is None or not record.is_named(origin.client, h.who):
            text = f"{h.client} got {h.text!r} from {h.who}, who never said it"
        elif (origin.to if origin.to.startswith("#") else "@") != h.to:
            text = f"{h.client} got {h.text!r} in {h.to}, it was said in {origin.to}"
        else:
            continue
        yield Violation("invented", text, h.at, h.client, record.node(h.client, h.at))


def overheard(record: Record) -> Iterator[Violation]:
    """A direct message was shown to somebody else than its addressee."""
    private = {h.text: h.to for h in record.of(Kind.SENT) if h.to.startswith("@")}
    for h in record.of(*SHOWN):
        to = private.get(h.text)
        if to is not None and not record.is_named(h.client, to[1:]):
            text = f"{h.client} got {h.text!r}, which was for {to}"
            yield Violation("overheard", text, h.at, h.client, record.node(h.client, h.at))
