"""Rules about registered nicknames: nobody else has one, its owner always does, and his letters wait for him.

Accounts are in Redis alone. So where its data were emptied a nickname is registered only once its owner has done that
again; and one that was registered just before the newest data were lost may not be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from drill.checker.acts import Act
from drill.checker.messages import is_told
from drill.checker.record import Record
from drill.checker.troubles import LOOK_BACK
from drill.checker.verdict import Violation
from drill.history import Happening, Kind
from wire.codes import Code

_KEPT_OUT = frozenset(f"{int(code)}" for code in (Code.NOT_ADMITTED, Code.NICK_TAKEN, Code.LOOKS_ALIKE))
_KEPT_FOR = 50.0
"""Seconds for which a native sender certainly keeps what was accepted, to say it again."""
_SHOWN_WITHIN = 5.0
"""Seconds after which who has come has got his letters, if nothing was lost."""


class _Registrations:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._by_nick: dict[str, list[Act]] = defaultdict(list)
        for act in record.acts.of("register"):
            if act.is_done and not record.is_spoilt(act.asked, act.answered):
                self._by_nick[act.who].append(act)

    def owner(self, nick: str) -> str:
        """Who has registered it; empty: nobody."""
        return self._by_nick[nick][0].client if self._by_nick.get(nick) else ""

    def is_sure(self, nick: str, begin: float, end: float) -> bool:
        """Whether it certainly was registered from `begin` to `end`."""
        return any(
            act.answered < begin and not self._record.is_wiped(act.asked, end) for act in self._by_nick.get(nick, ())
        )


def usurped(record: Record) -> Iterator[Violation]:
    """Somebody got a registered nickname without its password."""
    registered = _Registrations(record)
    for act in record.acts.of("come", "rename"):
        owner = registered.owner(act.who)
        if act.is_done and owner not in ("", act.client) and registered.is_sure(act.who, act.asked, act.answered):
            text = f"{act.client} got the nickname {act.who!r}, which {owner} had registered, by {act.what}"
            yield Violation("usurped", text, act.answered, act.client, act.node)


def shut_out(record: Record) -> Iterator[Violation]:
    """The owner of a registered nickname was refused it though he showed his password."""
    registered = _Registrations(record)
    for act in record.acts.of("come"):
        is_owner = act.proof and registered.owner(act.who) == act.client
        if is_owner and act.answer in _KEPT_OUT and registered.is_sure(act.who, act.asked, act.answered):
            text = f"{act.client} came with his password, and was refused: {act.answer}"
            yield Violation("shut_out", text, act.answered, act.client, act.node)


def undelivered(record: Record) -> Iterator[Violation]:
    """A letter to a registered nickname was accepted, and never shown to its owner, though he has come since."""
    registered = _Registrations(record)
    for letter in record.accepted.values():
        owner = registered.owner(letter.to[1:]) if letter.to.startswith("@") else ""
        if owner and letter.text not in record.shown[owner] and _is_owed(record, registered, owner, letter):
            text = f"{owner} never got {letter.text!r}, which waited for him"
            yield Violation("undelivered", text, letter.at, owner, record.node(owner, letter.at))


def _is_owed(record: Record, registered: _Registrations, owner: str, letter: Happening) -> bool:
    sent = record.sent.get(letter.text)
    if sent is None:
        return False
    due = _overtaken(record, owner, sent) or _due(record, owner, letter.at)
    if due is None or not registered.is_sure(letter.to[1:], sent.at, due):
        return False
    if any(gap.at >= sent.at for gap in record.gaps.get((owner, "@"), ())) or is_told(record, owner, letter):
        return False
    return not record.is_spoilt(sent.at, due) or not _may_be_lost(record, letter, due)


def _overtaken(record: Record, owner: str, sent: Happening) -> float | None:
    """When he was shown what the same one had said to him later: letters come in order."""
    times = (
        h.at
        for h in record.of(Kind.RECEIVED)
        if h.client == owner and h.to == "@" and (later := record.sent.get(h.text))
        if later.client == sent.client and later.at > sent.at
    )
    return min(times, default=None)


def _due(record: Record, owner: str, accepted: float) -> float | None:
    """When he had to have it: he was there for long enough since."""
    acts = record.acts.by_client.get(owner, ())
    comes = [act for act in acts if act.what == "come" and act.is_done]
    goes = [act.asked for act in acts if act.what == "go"]
    for come in comes:
        end = min((at for at in goes if at > come.asked), default=record.last)
        due = max(come.answered, accepted) + _SHOWN_WITHIN
        # Whoever goes at the end of a drill does so when there is no fault any more.
        if due < end and come is comes[-1]:
            return due
    return None


def _may_be_lost(record: Record, letter: Happening, due: float) -> bool:
    """Whether Redis may have lost it for good: its sender did not keep it, or was told."""
    sender = letter.client
    told = any(h.text == letter.text for h in record.of(Kind.DOUBTED, Kind.UNSURE))
    left = any(h.client == sender and h.at > letter.at for h in record.of(Kind.RENEWED, Kind.STOPPED))
    left = left or any(
        act.asked > letter.at for act in record.acts.by_client.get(sender, ()) if act.what in ("come", "go")
    )
    late = any(
        first + LOOK_BACK > letter.at + _KEPT_FOR for first, last in record.losses if last >= letter.at and first <= due
    )
    return told or left or late
