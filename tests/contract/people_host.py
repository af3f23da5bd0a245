"""A node of people_world.py: all of it that meets Redis, but for the threads and the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count

from cluster import endings
from cluster.calls import Caller, status
from cluster.errors import Unavailable
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
from cluster.sessions import Sessions
from cluster.settings import ClusterSettings
from cluster.term import Standing
from cluster.tops import Tops
from cluster.types import LOBBY, Entry, Position, SessionRecord
from node.recall import recall
from tests.contract.heal_world import ALL, LEASE, PREFIX, Data, Serving

NAMES = ["n1", "n2", "n3"]
ROOMS = [LOBBY, "#ops"]
HEARTBEAT = ["id", "n", "access", "open"]


class Tickets:
    """What cluster/asking.py draws for each request: the same again for one whose answer was lost."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.again = ""

    def __call__(self) -> str:
        return self.again or f"t{next(self._numbers)}"


class Losing:
    """A pipe that asks one thing after the other on the caller's thread, and may lose an answer."""

    def __init__(self, link: Link, caller: Caller) -> None:
        self._link, self._caller, self.loses = link, caller, False

    def submit(self, request: Request) -> None:
        (run,) = runs([(request.script, request.arguments)])
        (reply,) = self._link.run([run.command(self._caller)])
        (own,) = run.replies(reply)
        request.done(Unavailable("the answer is lost") if self.loses else own)


class Host:
    """A node: its sessions, and of each log's feed the place and the memory."""

    def __init__(self, data: Data, name: str, boot: str) -> None:
        self.name, self.data = name, data
        self.link = Link(data.url, 5.0, name)
        self.link.open()
        self.standing = Standing(ClusterSettings(name, data.url, PREFIX, LEASE, LEASE), boot)
        self.caller, lives, self._fresh = Caller(self.standing, Keys(PREFIX)), Lives(), Fresh()
        self.pipe = Losing(self.link, self.caller)
        self.known = Tops(self.link, self.caller, self, KeptRights())  # type: ignore[arg-type]
        self.recovery = Recovery(
            self.standing, self.caller, data.identity, self, self._fresh, self._taken, lambda: Alive(NAMES),  # type: ignore[arg-type]
            self.known.forks, lives, KeptRights(),
        )  # fmt: skip
        self.sessions = Sessions(self.pipe, self.standing, self._fresh, lives, Serving())  # type: ignore[arg-type]
        self.logs = Logs(self.pipe, Keys(PREFIX))  # type: ignore[arg-type]
        self.people: dict[str, SessionRecord] = {}
        self.places: dict[str, Position] = {}
        self.memory: dict[str, list[Entry]] = {}
        self.damages: list[str] = []

    @property
    def is_awake(self) -> bool:
        return self.standing.epoch == f"L{self.data.life}"

    # -- ClusterEvents, as far as a recovery and a heartbeat ask ----------------------------

    def on_entering(self, epoch: str) -> None:
        pass

    def remembered(self) -> Mapping[str, Sequence[Entry]]:
        return {log: list(entries) for log, entries in self.memory.items()}

    def local_sessions(self) -> list[SessionRecord]:
        return [self._record(record) for record in self.people.values()]

    def local_logs(self) -> list[str]:
        return [*ROOMS, *(f"@{session}" for session in self.people)]

    def on_recovered(self, lost: Sequence[str]) -> None:
        for session in lost:
            self.people.pop(session, None)

    def on_tops(self, _: object) -> None: ...
    def on_opened(self) -> None: ...

    def on_waiting(self, thread: str, seconds: float, why: str) -> None:
        pass

    def on_damage(self, what: str) -> None:
        self.damages.append(what)

    def _taken(self, session: str, claim: str, time: int, how: str) -> None:
        final = endings.parsed(how).is_final
        ours = self.people.get(session)
        if (self._fresh.taken(session, claim, time) or final) and ours is not None and ours.claim != claim:
            del self.people[session]

    def _record(self, record: SessionRecord) -> SessionRecord:
        logs = [*record.rooms, f"@{record.session}"]
        return replace(record, positions={log: self.places[log] for log in logs if log in self.places})

    # -- what it does ------------------------------------------------------------------------

    def recover(self, pending: Mapping[str, set[str]] | None = None) -> None:
        self.recovery.run(self.link, pending or {})

    def verify(self) -> None:
        self.recovery.verify(self.link)

    def beat(self) -> None:
        for script in ("heartbeat", "reap", "heal"):
            reply = self.caller.call(self.link, script, HEARTBEAT if script == "heartbeat" else [])
            assert status(reply) == "ok", (script, reply)
        self.known.ask()

    def hear(self, log: str) -> None:
        """The feed goes on to the end of the log."""
        place = self.places.get(log, Position("", 0))
        page = self.logs.read(log, place, ALL)
        memory = self.memory.setdefault(log, [])
        if page.position.epoch != place.epoch:
            again = recall(lambda after, limit: self.logs.read(log, after, limit), memory, page, place)
            assert again is not None
            memory[:], place = again, Position(page.position.epoch, page.start - 1)
        for entry in page.entries:
            memory.append(entry)
            place = Position(entry.epoch, entry.offset)
        self.places[log] = place
