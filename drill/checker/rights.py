"""Rules about rooms with an owner: who may come in, hear, speak and govern.

They are judged where it is certain who owns the room: its founder, and whom it was handed over to, had one session all
the time. And not where data were lost while something else was broken: then the nodes that remember the rights may have
been away (docs/failures.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from drill.checker.acts import Act
from drill.checker.record import SHOWN, Record
from drill.checker.stays import FOREVER
from drill.checker.verdict import Violation
from drill.history import Happening
from wire.codes import Code

GOVERNING = frozenset({"guard", "invite", "remove", "mute", "unmute", "owner"})
_NOT_HIS = frozenset(f"{int(code)}" for code in (Code.NOT_OWNER, Code.NOT_MEMBER))


class _Tenure(NamedTuple):
    """`owner` certainly has the room from `begin` to `end`; perhaps from `since` on, until `until`."""

    owner: str
    since: float
    begin: float
    end: float
    until: float


class _Guarded:
    """A room whose first guard was acknowledged. Raises ValueError where there is none."""

    def __init__(self, record: Record, room: str) -> None:
        self._record = record
        self.room, self.acts = room, record.acts.by_room[room]
        first = next((act for act in self.acts if act.what == "guard" and act.is_done), None)
        if first is None:
            raise ValueError("nobody has guarded it")
        self.since = first.answered
        self.founded = min(act.asked for act in self.acts)
        self._tenures = [self._tenure(first.client, self.founded, first.answered)]
        while over := self._handed_over(self._tenures[-1]):
            self._tenures.append(self._tenure(over.who, over.asked, over.answered))

    def _handed_over(self, tenure: _Tenure) -> Act | None:
        """None as well where nobody knows whether it was."""
        found = next((act for act in self.acts if act.what == "owner" and act.asked == tenure.end), None)
        return found if found and found.is_done and found.client == tenure.owner else None

    def _tenure(self, owner: str, since: float, begin: float) -> _Tenure:
        for act in self.acts:
            if act.client == owner and act.asked > begin and act.what in ("owner", "leave") and act.may_be_done:
                return _Tenure(owner, since, begin, act.asked, act.answered)
        return _Tenure(owner, since, begin, FOREVER, FOREVER)

    def owner(self, begin: float, end: float) -> str:
        """Who certainly has it; empty: nobody."""
        return next((each.owner for each in self._tenures if each.begin < begin and end < each.end), "")

    def is_firm(self, end: float) -> bool:
        """Whether its rights certainly were what the acts say, from the beginning to `end`."""
        acts, last = self._record.acts, self._tenures[-1]
        over = last.until <= end
        whole = all(
            acts.is_whole(each.owner, each.since, min(each.until, end)) for each in self._tenures if each.since <= end
        )
        return whole and not over and not self._record.is_shaken(self.founded, end)

    def owners(self) -> set[str]:
        return {each.owner for each in self._tenures}

    def about(self, client: str, *whats: str) -> Iterator[Act]:
        return (act for act in self.acts if act.what in whats and act.who == client)

    def standing(self, client: str, against: str, begin: float, end: float, *lifts: str) -> Act | None:
        """The act `against` a client that certainly holds from `begin` to `end`: acknowledged, and nothing that lifts
        it was asked for."""
        lifted = [act.asked for act in self.about(client, *lifts, "owner")]
        for act in self.about(client, against):
            is_sure = act.is_done and act.answered < begin
            is_sure = is_sure and not self._record.is_unsettled(act.asked, act.answered)
            if is_sure and not any(act.asked < at < end for at in lifted):
                return act
        return None


def _rooms(record: Record) -> Iterator[_Guarded]:
    for room in record.acts.by_room:
        try:
            yield _Guarded(record, room)
        except ValueError:
            continue


def trespassed(record: Record) -> Iterator[Violation]:
    """Somebody was let into a guarded room who had neither key nor invitation, or who had been removed."""
    for room in _rooms(record):
        for act in room.acts:
            if act.what == "join" and act.is_done and act.asked > room.since and act.client not in room.owners():
                why = _no_right(room, act)
                if why and room.is_firm(act.answered) and not record.is_unsettled(room.founded, room.since):
                    yield Violation(
                        "trespassed",
                        f"{act.client} was let into {room.room}, {why}",
                        act.answered,
                        act.client,
                        act.node,
                    )


def _no_right(room: _Guarded, join: Act) -> str:
    """Why not; empty: he may have had it."""
    if room.standing(join.client, "remove", join.asked, join.answered, "invite"):
        return "from which he had been removed"
    invited = any(act.asked < join.answered and act.may_be_done for act in room.about(join.client, "invite"))
    was_in = any(act.asked < join.asked and act.may_be_done for act in room.about(join.client, "join"))
    return "" if invited or was_in or join.proof else "uninvited and without its key"


def leaked(record: Record) -> Iterator[Violation]:
    """A text of a guarded room was shown to somebody who was not in it when it was said, nor came later."""
    rooms = {room.room: room for room in _rooms(record)}
    for h in record.of(*SHOWN):
        room, sent = rooms.get(h.to), record.sent.get(h.text)
        if room is None or sent is None or sent.at <= room.since or h.client in room.owners():
            continue
        why = _not_in(room, h, sent.at)
        if why and room.is_firm(sent.at) and not record.is_unsettled(room.founded, room.since):
            text = f"{h.client} was shown {h.text!r} of {h.to}, {why}"
            yield Violation("leaked", text, h.at, h.client, record.node(h.client, h.at))


def _not_in(room: _Guarded, h: Happening, said: float) -> str:
    """Why it was not for him; empty: it may have been."""
    joins = [act for act in room.about(h.client, "join") if act.may_be_done and act.asked < h.at]
    if not joins:
        return "into which nobody had let him"
    for act in room.about(h.client, "remove", "leave"):
        if act.is_done and act.answered < said and not any(join.answered > act.asked for join in joins):
            return f"which he had left by then ({act.what})"
    return ""


def unmuted(record: Record) -> Iterator[Violation]:
    """Something was accepted in a room from somebody who had been muted or removed there."""
    rooms = {room.room: room for room in _rooms(record)}
    for accepted in record.accepted.values():
        room, sent = rooms.get(accepted.to), record.sent.get(accepted.text)
        if room is None or sent is None or accepted.client in room.owners():
            continue
        times = sent.at, accepted.at
        act = room.standing(sent.client, "mute", *times, "unmute") or room.standing(
            sent.client, "remove", *times, "invite"
        )
        if act and room.is_firm(accepted.at):
            text = f"{accepted.text!r} was accepted in {accepted.to} from {sent.client} after his {act.what}"
            yield Violation("unmuted", text, accepted.at, sent.client, record.node(sent.client, accepted.at))


def two_owners(record: Record) -> Iterator[Violation]:
    """Somebody governed a room that certainly was another one's; or its owner was told that it was not his."""
    for room in _rooms(record):
        for act in room.acts:
            owner = room.owner(act.asked, act.answered) if act.what in GOVERNING else ""
            if not owner or act.answer is None or not room.is_firm(act.answered):
                continue
            if act.is_done and act.client != owner:
                text = f"{act.client} did {act.what} in {room.room}, which was {owner}'s"
            elif act.client == owner and act.answer in _NOT_HIS:
                text = f"{owner} was refused {act.what} in {room.room}, which was his own: {act.answer}"
            else:
                continue
            yield Violation("two_owners", text, act.answered, act.client, act.node)
