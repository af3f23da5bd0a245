"""A chat that keeps its promises: rooms with one log each, people who come, go, crash and are served late."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from drill.history import Happening, Kind

ROOMS = ("#lobby", "#ops")


@dataclass
class Person:
    nick: str
    here: set[str] = field(default_factory=set)
    queue: list[Happening] = field(default_factory=list)  # in the order of the logs, not shown yet


class Chat:
    """Each step takes time; a message stands in the log when it is accepted, and is shown some time later."""

    def __init__(self, seed: int, people: int = 6, steps: int = 150) -> None:
        self.made: list[Happening] = []
        self._rng = Random(seed)
        self._clock = 0.0
        self._offsets = dict.fromkeys((*ROOMS, *(f"@p{i}" for i in range(people))), 0)
        self._people = [Person(f"p{i}") for i in range(people)]
        self._said = 0
        self._run(steps)

    def _run(self, steps: int) -> None:
        actions = [self._say] * 6 + [self._deliver] * 12 + [self._enter] * 2 + [self._leave, self._outage, self._crash]
        for person in self._people[:3]:
            self._enter(person)
        for _ in range(steps):
            self._rng.choice(actions)(self._rng.choice(self._people))
        for person in self._people:
            self._deliver(person, len(person.queue))

    def _note(self, nick: str, kind: Kind, to: str = "", **more: object) -> None:
        self._clock += self._rng.uniform(0.001, 0.5)
        self.made.append(Happening(nick, kind, to, at=self._clock, **more))  # type: ignore[arg-type]

    def _entry(self, to: str, kind: Kind, who: str, text: str = "") -> int:
        self._offsets[to] += 1
        for person in self._people:
            if to == f"@{person.nick}" or (to in person.here and (kind is Kind.RECEIVED or person.nick != who)):
                place = "@" if to.startswith("@") else to
                person.queue.append(Happening(person.nick, kind, place, who, text, "e1", self._offsets[to]))
        return self._offsets[to]

    def _say(self, person: Person) -> None:
        if not person.here:
            return
        self._said += 1
        text = f"{person.nick} says {self._said}"
        others = [f"@{p.nick}" for p in self._people if p is not person and p.here]
        to = self._rng.choice([*sorted(person.here), *others])
        self._note(person.nick, Kind.SENT, to, text=text)
        offset = self._entry(to, Kind.RECEIVED, person.nick, text)
        fate = self._rng.choice([Kind.ACCEPTED] * 9 + [Kind.UNSURE])
        self._note(person.nick, fate, to, text=text, epoch="e1", offset=offset)

    def _deliver(self, person: Person, most: int = 5) -> None:
        for _ in range(min(most, len(person.queue))):
            h = person.queue.pop(0)
            more = {"epoch": h.epoch, "offset": h.offset} if h.text else {}
            self._note(h.client, h.kind, h.to, who=h.who, text=h.text, **more)

    def _enter(self, person: Person) -> None:
        room = self._rng.choice(ROOMS)
        if room in person.here:
            return
        self._note(person.nick, Kind.OPENING, room)
        self._entry(room, Kind.JOINED, person.nick)
        person.here.add(room)
        self._note(person.nick, Kind.ENTERED, room, node=self._rng.choice(["n1", "n2"]))

    def _leave(self, person: Person) -> None:
        for room in sorted(person.here)[:1]:
            self._deliver(person, len(person.queue))
            self._note(person.nick, Kind.LEAVING, room)
            self._end(person, room)

    def _crash(self, person: Person) -> None:
        for room in sorted(person.here):
            self._note(person.nick, Kind.LEAVING, room)
        person.queue.clear()
        for room in sorted(person.here):
            self._end(person, room)

    def _end(self, person: Person, room: str) -> None:
        person.here.discard(room)
        self._entry(room, Kind.LEFT, person.nick)
        self._note(person.nick, Kind.GONE, room)

    def _outage(self, person: Person) -> None:
        if person.here:
            self._note(person.nick, Kind.DISCONNECTED, node="n1")
            self._note(person.nick, Kind.MOVED, who=self._rng.choice(["n1", "n2"]))
