"""Log entries as lines for clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cluster.types import Entry, Kind, Page, Position
from wire import Dialect, WireError, render
from wire.frames import INBOX, Gap, Joined, Left, Message, Receipt, ServerFrame, Topic


def wire_log(log: str) -> str:
    """How clients call the log: a room by its name, an inbox `@`."""
    return log if log.startswith("#") else INBOX


def frame(entry: Entry, *, history: bool = False) -> ServerFrame | None:
    """None: a kind that this version does not know, or that needs more than the entry (`gap`)."""
    if entry.kind == Kind.MESSAGE:
        return _message(entry, history)
    make = _FRAMES.get(entry.kind)
    return make(entry) if make else None


def letter(entry: Entry, dialect: Dialect) -> bytes:
    """The entry's bytes for all clients of `dialect`; b'' if there is nothing to tell."""
    told = frame(entry)
    if told is None:
        return b""
    try:
        return render(told, dialect)
    except (WireError, ValueError):
        return render(_unfit(entry), dialect)


def gap_letter(entry: Entry, seen: Position | None, dialect: Dialect) -> bytes:
    """A gap entry for one client, who had seen the former epoch up to `seen`.

    A native client's cursor must move over it; a plain one reads of it only if it missed something."""
    former, first, last = parse_gap(entry.text)
    complete = seen.offset if seen is not None and seen.epoch == former else first - 1
    if dialect is Dialect.PLAIN and 0 < last <= complete:
        return b""
    return render(
        Gap(
            log=wire_log(entry.log),
            former=former,
            complete=complete,
            first=first,
            last=last,
            epoch=entry.epoch,
            offset=entry.offset,
        ),
        dialect,
    )


def _unfit(entry: Entry) -> Gap:
    """Stands for an entry that no frame can hold (another version wrote it): told, not skipped."""
    return Gap(
        log=wire_log(entry.log),
        former=entry.epoch,
        complete=entry.offset - 1,
        first=entry.offset,
        last=entry.offset,
        epoch=entry.epoch,
        offset=entry.offset,
    )


def lost_letter(log: str, cursor: Position, page: Page, dialect: Dialect) -> bytes:
    """Tells one client, whose cursor was `cursor`, what a page could not bring; b'': nothing is missing."""
    if not page.lost_first or 0 < page.lost_last <= cursor.offset:
        return b""
    lost = Gap(
        log=wire_log(log),
        former=page.former or cursor.epoch,
        complete=cursor.offset,
        first=page.lost_first,
        last=page.lost_last,
    )
    return render(lost, dialect)


def parse_gap(text: str) -> tuple[str, int, int]:
    """`<former epoch> <first> <last>`; of a text that is none, a gap that says that nothing is known."""
    former, _, numbers = text.partition(" ")
    first, _, last = numbers.partition(" ")
    if not (first.isdigit() and last.isdigit()):
        return former, 1, 0
    return former, int(first), int(last)


def _message(entry: Entry, history: bool) -> Message:
    return Message(
        log=wire_log(entry.log),
        epoch=entry.epoch,
        offset=entry.offset,
        session=entry.session,
        n=entry.n,
        nick=entry.nick,
        text=entry.text,
        time=entry.time,
        history=history,
    )


def _joined(entry: Entry) -> Joined:
    return Joined(
        log=wire_log(entry.log),
        epoch=entry.epoch,
        offset=entry.offset,
        session=entry.session,
        nick=entry.nick,
        time=entry.time,
    )


def _left(entry: Entry) -> Left:
    return Left(
        log=wire_log(entry.log),
        epoch=entry.epoch,
        offset=entry.offset,
        session=entry.session,
        nick=entry.nick,
        time=entry.time,
        reason=entry.text,
    )


def _topic(entry: Entry) -> Topic:
    return Topic(
        log=wire_log(entry.log),
        epoch=entry.epoch,
        offset=entry.offset,
        nick=entry.nick,
        time=entry.time,
        text=entry.text,
    )


def _receipt(entry: Entry) -> Receipt:
    return Receipt(
        log=wire_log(entry.log),
        epoch=entry.epoch,
        offset=entry.offset,
        n=entry.n,
        nick=entry.nick,
        state=entry.text,
        time=entry.time,
    )


_FRAMES: Mapping[str, Callable[[Entry], ServerFrame]] = {
    Kind.JOINED: _joined,
    Kind.LEFT: _left,
    Kind.TOPIC: _topic,
    Kind.RECEIPT: _receipt,
}
