"""Judges a history by what the design promises. Pure: each rule takes a history and returns the violations
as sentences, none if it holds. The history must be settled: traffic ended, everybody had time to receive."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from tests.support.history import Happening, Kind

Rule = Callable[[Sequence[Happening]], list[str]]
FOREVER = float("inf")


def violations(history: Sequence[Happening]) -> list[str]:
    """All rules together."""
    return [f"{rule.__name__}: {text}" for rule in RULES for text in rule(history)]


def _of(history: Sequence[Happening], *kinds: Kind) -> Iterator[Happening]:
    return (h for h in history if h.kind in kinds)


def _sent(history: Sequence[Happening]) -> dict[str, Happening]:
    return {h.text: h for h in _of(history, Kind.SENT)}


def lost(history: Sequence[Happening]) -> list[str]:
    """Accepted, but missing at a member of the room or at the addressee, to whom no gap was told."""
    stays, sent = _stays(history), _sent(history)
    shown = {(h.client, h.text) for h in _of(history, Kind.RECEIVED, Kind.HISTORY)}
    found = []
    for accepted in _of(history, Kind.ACCEPTED):
        for client in sorted({stay.client for stay in stays}):
            if (client, accepted.text) in shown or _told(history, client, accepted):
                continue
            if any(stay.owes(client, accepted, sent[accepted.text].at) for stay in stays):
                found.append(f"{client} never got {accepted.text!r}, accepted in {accepted.to}")
    return found


def _told(history: Sequence[Happening], client: str, message: Happening) -> bool:
    log = message.to if message.to.startswith("#") else "@"
    return any(
        gap.client == client
        and gap.to == log
        and gap.epoch in ("", message.epoch)
        and gap.first <= message.offset <= (gap.last or FOREVER)
        for gap in _of(history, Kind.GAP)
    )


def doubled(history: Sequence[Happening]) -> list[str]:
    """Shown more than once to one client."""
    counts = Counter((h.client, h.text) for h in _of(history, Kind.RECEIVED, Kind.HISTORY))
    return [f"{client} got {text!r} {n} times" for (client, text), n in counts.items() if n > 1]


def disordered(history: Sequence[Happening]) -> list[str]:
    """Two clients saw two messages of a room in different orders."""
    seen: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for h in _of(history, Kind.RECEIVED):
        if h.to.startswith("#"):
            seen[h.to][h.client].append(h.text)
    found = []
    for room, clients in seen.items():
        places = {client: {text: i for i, text in enumerate(texts)} for client, texts in clients.items()}
        for one, other in combinations(clients, 2):
            common = [text for text in clients[one] if text in places[other]]
            swap = next(((a, b) for a, b in pairwise(common) if places[other][a] > places[other][b]), None)
            if swap:
                found.append(f"in {room} {one} saw {swap[0]!r} before {swap[1]!r}, {other} the other way round")
    return found


def shuffled(history: Sequence[Happening]) -> list[str]:
    """What one sender said in one place was shown in another order than he said it."""
    said = {h.text: i for i, h in enumerate(_of(history, Kind.SENT))}
    last: dict[tuple[str, str, str], str] = {}
    found = []
    for h in _of(history, Kind.RECEIVED):
        before = last.get((h.client, h.to, h.who))
        if before and said.get(before, -1) > said.get(h.text, FOREVER):
            found.append(f"{h.client} got {h.text!r} after {before!r}; {h.who} said it before")
        last[h.client, h.to, h.who] = h.text
    return found


def invented(history: Sequence[Happening]) -> list[str]:
    """Shown, but nobody said it, or somebody else did, or in another place."""
    sent = _sent(history)
    found = []
    for h in _of(history, Kind.RECEIVED, Kind.HISTORY):
        origin = sent.get(h.text)
        if origin is None or origin.client != h.who:
            found.append(f"{h.client} got {h.text!r} from {h.who}, who never said it")
        elif (origin.to if origin.to.startswith("#") else "@") != h.to:
            found.append(f"{h.client} got {h.text!r} in {h.to}, it was said in {origin.to}")
    return found


def overheard(history: Sequence[Happening]) -> list[str]:
    """A direct message was shown to somebody else than its addressee."""
    private = {h.text: h.to for h in _of(history, Kind.SENT) if h.to.startswith("@")}
    return [
        f"{h.client} got {h.text!r}, which was for {private[h.text]}"
        for h in _of(history, Kind.RECEIVED, Kind.HISTORY)
        if h.text in private and private[h.text] != f"@{h.client}"
    ]


def unanswered(history: Sequence[Happening]) -> list[str]:
    """Said, but the sender never learned what became of it; or was told twice."""
    outcomes = Counter((h.client, h.text) for h in _of(history, Kind.ACCEPTED, Kind.REFUSED, Kind.UNSURE))
    return [
        f"{h.client} has {outcomes[h.client, h.text]} outcomes for {h.text!r}"
        for h in _of(history, Kind.SENT)
        if outcomes[h.client, h.text] != 1
    ]


def announcements(history: Sequence[Happening]) -> list[str]:
    """Each arrival and departure is told exactly once to each who was there, and no others."""
    stays = _stays(history)
    told = Counter((h.client, h.kind, h.to, h.who) for h in _of(history, Kind.JOINED, Kind.LEFT))
    found = []
    people = {(stay.client, stay.room) for stay in stays}
    for observer, room in sorted(people):
        for subject, _ in sorted(p for p in people if p[1] == room and p[0] != observer):
            for kind in (Kind.JOINED, Kind.LEFT):
                least, most = _due(stays, observer, subject, room, kind)
                n = told[observer, kind, room, subject]
                if not least <= n <= most:
                    due = f"{least}" if least == most else f"{least} to {most}"
                    found.append(f"{observer} was told {n} times that {subject} {kind} {room}, {due} would be right")
    return found


class _Stay:
    """`client` in `room`: came between `opening` and `entered`, left between `leaving` and `gone`."""

    def __init__(self, client: str, room: str, opening: float) -> None:
        self.client, self.room, self.opening = client, room, opening
        self.entered = self.leaving = self.gone = FOREVER

    def owes(self, client: str, message: Happening, sent: float) -> bool:
        """Whether the message has to reach `client` because of this stay."""
        if self.client != client or not (self.entered < sent and message.at < self.leaving):
            return False
        return message.to in (self.room, f"@{client}")


def _stays(history: Sequence[Happening]) -> list[_Stay]:
    stays: list[_Stay] = []
    now: dict[tuple[str, str], _Stay] = {}
    for h in history:
        if h.kind is Kind.OPENING:
            now[h.client, h.to] = _Stay(h.client, h.to, h.at)
            stays.append(now[h.client, h.to])
        elif h.kind in (Kind.ENTERED, Kind.LEAVING, Kind.GONE):
            setattr(now[h.client, h.to], h.kind.value, h.at)
    return stays


def _due(stays: Sequence[_Stay], observer: str, subject: str, room: str, kind: Kind) -> tuple[int, int]:
    """How often the observer has to be told, at least and at most."""
    present = [s for s in stays if (s.client, s.room) == (observer, room)]
    least = most = 0
    for stay in (s for s in stays if (s.client, s.room) == (subject, room)):
        begin, end = (stay.opening, stay.entered) if kind is Kind.JOINED else (stay.leaving, stay.gone)
        if begin == FOREVER:
            continue
        least += any(p.entered < begin and end < p.leaving for p in present)
        most += any(p.opening < end and begin < p.gone for p in present)
    return least, most


RULES: tuple[Rule, ...] = (
    lost,
    doubled,
    disordered,
    shuffled,
    invented,
    overheard,
    unanswered,
    announcements,
)
