"""A room through several lives of the data, driven by the scripts themselves.

Of each node all that speaks with Redis is real but for the threads and the clock: its recovery, its heartbeat's forks,
what it asks. A plan is a list of steps, some of which do nothing (a node that sleeps says nothing), so that a failure
shrinks to the few that matter. At the end everybody reads on, from each place at which a client ever was.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import redis

from client.inbound import Track, Verdict
from cluster.calls import Caller
from cluster.fresh import Fresh
from cluster.keys import Keys
from cluster.link import Link
from cluster.lives import Lives
from cluster.logs import Logs
from cluster.merging import runs
from cluster.pipe import Request
from cluster.recovery import Recovery
from cluster.rights import KeptRights
from cluster.roster import Alive
from cluster.seam import Health
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.term import Standing
from cluster.tops import Tops
from cluster.types import LOBBY, Entry, Name, Page, Position, Publication, Published, SessionRecord
from node.recall import recall
from tests.contract.space import Backend

PREFIX = "{heal}:"
LEASE = 3600.0  # nothing here is a question of time
ALL = 500  # entries of a page
TICK = 0.0011
"""Seconds between entries: lives are told apart by when theirs were said, and a plan should fail always or never."""
Step = tuple[Any, ...]


class Data:
    """Redis, whose life ends when it is emptied or rewound. `leaps`: also to a state that was left behind before."""

    def __init__(self, backend: Backend) -> None:
        self.url, self.admin = backend.url, backend.admin
        self.raw = redis.Redis(port=backend.port, protocol=2)
        self.reset(leaps=False)

    def reset(self, leaps: bool) -> None:
        self.raw.flushall()
        self.life, self.leaps = 0, leaps
        self.kept: list[dict[str, tuple[bytes, int]]] = []  # key -> what it holds, and for how long, ms (0: for good)

    def identity(self, _: Link) -> str:
        return f"run:{self.life}"

    def new_nonce(self) -> str:
        return f"L{self.life}"

    def keep(self) -> None:
        keys = sorted(self.admin.keys(PREFIX + "*"))
        pipe = self.raw.pipeline(transaction=False)
        for key in keys:
            pipe.dump(key)
            pipe.pttl(key)
        found = pipe.execute()
        lasting = [max(0, length) for length in found[1::2]]
        self.kept.append(dict(zip(keys, zip(found[::2], lasting, strict=True), strict=True)))

    def end_life(self, to: int | None) -> None:
        """`to`: which of the states that were kept; None: it is emptied."""
        at = to % len(self.kept) if to is not None and self.kept else -1
        state = self.kept[at] if at >= 0 else {}
        if not self.leaps:
            del self.kept[at + 1 :]
        pipe = self.raw.pipeline(transaction=False)
        pipe.flushall()
        for key, (value, lasting) in state.items():
            pipe.restore(key, lasting, value)
        pipe.execute()
        self.life += 1

    def open(self) -> None:
        """Nobody is waited for any more."""
        self.admin.hset(PREFIX + "term", "until", 0)


class Serving:
    health = Health.SERVING


class AtOnce:
    """A pipe that asks one thing after the other on the caller's thread."""

    def __init__(self, link: Link, caller: Caller) -> None:
        self._link, self._caller = link, caller

    def submit(self, request: Request) -> None:
        (run,) = runs([(request.script, request.arguments)])
        (reply,) = self._link.run([run.command(self._caller)])
        (own,) = run.replies(reply)
        request.done(own)


@dataclass(slots=True)
class Person:
    """A session at a node. `n`: the last that it used."""

    record: SessionRecord
    entered: Position
    accepted: Position | None = None
    said: list[tuple[str, Published]] = field(default_factory=list)


class Node:
    """One node's parts that meet Redis, and of its feed the place and the memory."""

    def __init__(self, data: Data, name: str) -> None:
        self.name, self.data = name, data
        self.link = Link(data.url, 5.0, name)
        self.link.open()
        settings = ClusterSettings(name, data.url, PREFIX, LEASE, LEASE)
        self.standing = Standing(settings, "boot")
        caller, lives, keys = Caller(self.standing, Keys(PREFIX)), Lives(), Keys(PREFIX)
        fresh, pipe = Fresh(), AtOnce(self.link, caller)
        self.known = Tops(self.link, caller, self, KeptRights())  # type: ignore[arg-type]
        self.recovery = Recovery(
            self.standing, caller, data.identity, self, fresh, lambda *_: None, lambda: Alive(NAMES),  # type: ignore[arg-type]
            self.known.forks, lives, KeptRights(),
        )  # fmt: skip
        self.sessions = Sessions(pipe, self.standing, fresh, lives, Serving())  # type: ignore[arg-type]
        self.logs = Logs(pipe, keys)  # type: ignore[arg-type]
        self.caller = caller
        self.people: list[Person] = []
        self.place: Position | None = None
        self.whole: Position | None = None  # as a feed's
        self.memory: list[Entry] = []
        self.damages: list[str] = []

    @property
    def is_awake(self) -> bool:
        return self.standing.epoch == f"L{self.data.life}"

    # -- ClusterEvents, as far as a recovery and a heartbeat ask ----------------------------

    def on_entering(self, epoch: str) -> None:
        pass

    def remembered(self) -> Mapping[str, Sequence[Entry]]:
        return {LOBBY: list(self.memory)}

    def local_sessions(self) -> list[SessionRecord]:
        return [self._record(person) for person in self.people]

    def local_logs(self) -> list[str]:
        return [LOBBY]

    def on_tops(self, _: object) -> None: ...
    def on_recovered(self, _: object) -> None: ...
    def on_opened(self) -> None: ...
    def on_beat(self, _: object) -> None: ...
    def on_bans(self, _: object) -> None: ...

    def on_waiting(self, thread: str, seconds: float, why: str) -> None:
        pass

    def on_damage(self, what: str) -> None:
        self.damages.append(what)

    def _record(self, person: Person) -> SessionRecord:
        told = [place for place in (person.accepted, person.entered, self.place) if place]
        record = person.record
        return SessionRecord(
            record.session, record.claim, record.name, "t", "a", 1, len(person.said), (LOBBY,), taken=record.taken,
            positions={LOBBY: self.whole or self.place} if self.place else {}, told={LOBBY: told},
        )  # fmt: skip

    # -- what it does ------------------------------------------------------------------------

    def recover(self) -> None:
        self.recovery.run(self.link, {})

    def claim(self, session: str) -> Position:
        claimed = self.sessions.claim(session, "c", Name(session, session), [], "t", "a", "")
        record = SessionRecord(
            session, "c", claimed.name, "t", "a", claimed.since, 0, (LOBBY,), taken=claimed.taken
        )  # fmt: skip
        self.people.append(Person(record, claimed.logs[LOBBY]))
        self.place = self.place or claimed.logs[LOBBY]
        return claimed.logs[LOBBY]

    def say(self, text: str, again: int | None = None) -> Published:
        """Its first session does. `again`: which of those it has said already."""
        person = self.people[0]
        text, of = (text, None) if again is None else person.said[again]
        n = of.n if of else len(person.said) + 1
        done: list[object] = []
        again_at = of.position if of else None
        self.sessions.publish(person.record.session, "c", Publication(n, LOBBY, text, again=again_at), done.append)
        outcome = done[0]
        assert isinstance(outcome, Published), outcome
        if of is None:
            person.said.append((text, outcome))
        known, place = person.accepted, outcome.position
        person.accepted = known if known and known.epoch == place.epoch and known.offset > place.offset else place
        return outcome

    def read(self, after: Position, limit: int) -> Page:
        return self.logs.read(LOBBY, after, limit)

    def hear(self, limit: int = ALL) -> None:
        """The feed goes on to the end of the log, or by one page of `limit`."""
        if self.place is None:
            return
        page = self.read(self.place, limit)
        recalled = recall(self.read, self.memory, page, self.place)
        assert recalled is not None
        if page.position.epoch != self.place.epoch:
            self.whole = self.whole or self.place
            self.memory, self.place = recalled, Position(page.position.epoch, page.start - 1)
        for entry in page.entries:
            assert entry.offset == self.place.offset + 1
            self.memory.append(entry)
            self.place = Position(entry.epoch, entry.offset)
        if self.place.offset >= page.position.offset:
            self.whole = None

    def heal(self) -> None:
        reply = self.caller.call(self.link, "heal", [])
        assert len(reply) == 2, reply

    def tops(self) -> None:
        self.known.ask()


NAMES = ["n1", "n2", "n3"]


class Client:
    """A native client: what it was shown, and in which order."""

    def __init__(self, name: str, began: int, place: Position) -> None:
        self.name, self.began = name, began
        self.track = Track(place.epoch, place.offset)
        self.identities: set[tuple[str, int]] = set()
        self.shown: list[Entry] = []
        self.ordered: list[str] = []  # of those the ones of which an order is promised
        self.is_astray = False
        self.gaps: list[tuple[str, int, int]] = []

    def copy(self) -> Client:
        twin = copy.copy(self)
        twin.track = copy.deepcopy(self.track)
        twin.identities, twin.shown, twin.gaps = set(self.identities), list(self.shown), list(self.gaps)
        twin.ordered = list(self.ordered)
        return twin

    @property
    def cursor(self) -> Position:
        return Position(*self.track.cursor)

    def lost(self, page: Page) -> None:
        """What a page tells of what it can't bring."""
        # Nobody knows what its cursor means, and it is told: it may be shown old messages behind newer ones.
        self.is_astray |= page.lost_first > 0 and not page.lost_last
        if page.lost_first:
            self.gap(page.former, page.lost_first, page.lost_last)

    def gap(self, epoch: str, first: int, last: int) -> None:
        self.gaps.append((epoch, first, last))
        reached = self.track.reached(epoch)
        if last == 0 or reached is None or last > reached:
            self.track.gaps.append((epoch, first if reached is None else max(first, reached + 1), last))

    def take(self, entry: Entry) -> None:
        verdict = self.track.judge(entry.epoch, entry.offset)
        assert verdict in (Verdict.NEW, Verdict.REPEAT), verdict
        if verdict is Verdict.REPEAT:
            return
        self.track.move(entry.epoch, entry.offset)
        if entry.kind == "gap":
            epoch, first, last = entry.text.split()
            self.gap(epoch, int(first), int(last))
        if entry.kind != "message" or (entry.session, entry.n) in self.identities:
            return
        self.identities.add((entry.session, entry.n))
        if not any(self.track.has_had(place.epoch, place.offset) for place in entry.was):
            self.shown.append(entry)
            if not entry.late and not self.is_astray:
                self.ordered.append(entry.text)

    def texts(self) -> set[str]:
        return {entry.text for entry in self.shown}


class World:
    """Three nodes, on each of which somebody talks and reads. `ghosts`: clients that stopped in front of an entry."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.nodes = [Node(data, name) for name in NAMES]
        self.clients: list[Client] = []
        self.ghosts: list[Client] = []
        self.clock = count(1)
        self.places: dict[str, set[Position]] = {}
        self.said_at: dict[str, int] = {}
        for node in self.nodes:
            node.recover()
        data.open()
        for node in self.nodes:
            self.come(node)
            node.tops()

    def run(self, plan: list[Step]) -> None:
        for name, which, *more in plan:
            if name in ("life", "keep"):
                getattr(self, name)(which, *more)
            elif name == "read":
                self.read(self.clients[which % len(self.clients)], *more)
            else:
                node = self.nodes[which]
                if node.is_awake != (name == "late"):
                    getattr(self, name)(node, *more)

    def close(self) -> None:
        for node in self.nodes:
            node.link.close()

    # -- steps -------------------------------------------------------------------------------

    def come(self, node: Node) -> None:
        time.sleep(TICK)
        name = f"u{len(self.clients)}"
        self.clients.append(Client(name, next(self.clock), node.claim(name)))

    def say(self, node: Node) -> None:
        time.sleep(TICK)
        text = f"m{len(self.said_at) + 1}"
        self.said_at[text] = next(self.clock)
        self.places[text] = {node.say(text).position}

    def again(self, node: Node) -> None:
        for i in range(len(node.people[0].said)):
            node.say("", i)

    def talk(self, node: Node, times: int, hearers: Sequence[int]) -> None:
        for _ in range(times):
            self.say(node)
        for which in hearers:
            if self.nodes[which].is_awake:
                self.hear(self.nodes[which])

    def hear(self, node: Node) -> None:
        """And the first of its clients, too."""
        node.hear()
        self.read(self.clients[self.nodes.index(node)], ALL)

    def glance(self, node: Node, limit: int) -> None:
        """A page of the log, and then it is interrupted."""
        node.hear(limit)

    def forget(self, node: Node, kept: int) -> None:
        node.memory = node.memory[max(0, len(node.memory) - kept) :]

    def beat(self, node: Node) -> None:
        node.heal()
        node.tops()

    def late(self, node: Node) -> None:
        node.recover()

    def keep(self, _: int) -> None:
        self.data.keep()

    def life(self, to: int | None, in_time: Sequence[int]) -> None:
        self.data.end_life(to)
        for which in in_time:
            self.nodes[which].recover()
        self.data.open()

    def read(self, client: Client, limit: int) -> None:
        page = self.awake().read(client.cursor, limit)
        self.note_places(page)
        for each in self.states(client, page):
            self.ghosts.append(each.copy())

    # -- what must hold ----------------------------------------------------------------------

    def awake(self) -> Node:
        return next(node for node in self.nodes if node.is_awake)

    def states(self, client: Client, page: Page) -> Iterator[Client]:
        """In front of each entry that it is brought."""
        yield client
        client.lost(page)
        for entry in page.entries:
            client.take(entry)
            yield client

    def check(self) -> None:
        node = self.awake()
        whole = node.read(Position("", 0), ALL)
        self.note_places(whole)
        log = [entry for entry in whole.entries if entry.kind == "message"]
        assert len({entry.text for entry in log}) == len(log), "twice in the log"
        clients = [*self.clients, *self.ghosts]
        for client in clients:
            page = node.read(client.cursor, ALL)
            before = client.cursor
            for _ in self.states(client, page):
                pass
            owed = [entry.text for entry in log if self.said_at[entry.text] > client.began]
            skipped = [text for text in owed if text not in client.texts() and not self.told_of(client, text)]
            assert not skipped, (client.name, before, skipped, self.dump())
        if not self.data.leaps:  # else what was found may be older than what is in front of it, and is not marked
            self.check_order(clients)
        assert not [damage for each in self.nodes for damage in each.damages]

    def told_of(self, client: Client, text: str) -> bool:
        """A gap names one of its places."""
        return any(
            epoch == place.epoch and first <= place.offset <= (last or place.offset)
            for epoch, first, last in client.gaps
            for place in self.places[text]
        )

    def note_places(self, page: Page) -> None:
        for entry in page.entries:
            self.places.setdefault(entry.text, set()).update((Position(entry.epoch, entry.offset), *entry.was))

    def check_order(self, clients: list[Client]) -> None:
        before: dict[tuple[str, str], Client] = {}
        for client in clients:
            for i, text in enumerate(client.ordered):
                for later in client.ordered[i + 1 :]:
                    other = before.get((later, text))
                    assert other is None, (text, later, client.ordered, other and other.ordered)
                    before[text, later] = client

    def dump(self) -> list[str]:
        page = self.awake().read(Position("", 0), ALL)
        return [f"{e.offset}:{e.kind[0]}:{e.text or e.session}{'*' if e.late else ''}" for e in page.entries]
