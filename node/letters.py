"""Log entries as lines for clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cluster import endings
from cluster.types import Entry, Kind, Page, Position, Presence
from wire import Dialect, WireError, render
from wire.frames import INBOX, Away, Back, Gap, Joined, Left, Message, Receipt, ServerFrame, Topic


def wire_log(log: str) -> str:
    """How clients call the log: a room by its name, an inbox `@`."""
    return log if log.startswith("#") else INBOX


def frame(entry: Entry, *, history: bool = False) -> ServerFrame | None:
    """None: a kind that this version does not know, or that needs more than the entry (`gap`)."""
    log = wire_log(entry.log)
    if history and entry.kind == Kind.MESSAGE:
        return _message(log, entry, history)
    make = _FRAMES.get(entry.kind)
    return make(log, entry) if make else None


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
    if dialect is Dialect.PLAIN:
        first = max(first, complete + 1)
    return render(
        Gap(
            log=wire_log(entry.log),
            former=former,
            complete=complete,
            first=first,
            last=last,
            epoch=entry.epoch,
            offset=entry.offset,
            was=_was(entry),
        ),
        dialect,
    )


def hint_frame(hint: Presence) -> ServerFrame:
    """Who has gone or come back."""
    if hint.state == "here":
        return Back(log=hint.room, session=hint.session, nick=hint.nick)
    return Away(log=hint.room, session=hint.session, nick=hint.nick, gone=hint.state == "gone", text=hint.text)


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
    seen = page.position.epoch == cursor.epoch and 0 < page.lost_last <= cursor.offset
    if not page.lost_first or seen:
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


def _message(log: str, entry: Entry, history: bool = False) -> Message:
    return Message(
        log,
        entry.epoch,
        entry.offset,
        entry.session,
        entry.n,
        entry.nick,
        entry.text,
        entry.time,
        history,
        entry.late,
        _was(entry),
    )


def _left(log: str, entry: Entry) -> Left:
    how = endings.parsed(entry.text)
    return Left(
        log, entry.epoch, entry.offset, entry.session, entry.nick, entry.time, how.reason, was=_was(entry), why=how.why
    )


def _was(entry: Entry) -> tuple[tuple[str, int], ...]:
    return tuple((place.epoch, place.offset) for place in entry.was) if entry.was else ()


_FRAMES: Mapping[str, Callable[[str, Entry], ServerFrame]] = {
    Kind.MESSAGE: _message,
    Kind.JOINED: lambda log, entry: Joined(
        log, entry.epoch, entry.offset, entry.session, entry.nick, entry.time, was=_was(entry), former=entry.text
    ),
    Kind.LEFT: _left,
    Kind.TOPIC: lambda log, entry: Topic(
        log, entry.epoch, entry.offset, entry.nick, entry.time, entry.text, entry.session, was=_was(entry)
    ),
    Kind.RECEIPT: lambda log, entry: Receipt(
        log, entry.epoch, entry.offset, entry.n, entry.nick, state=entry.text, time=entry.time
    ),
}
