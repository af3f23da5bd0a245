"""What the checks judge. Pure data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cluster.operator.read import NodeRow, number


@dataclass(frozen=True, slots=True)
class Replica:
    """Another server of the same data. `ahead`: seconds that its clock is ahead of the master's; None: it did not
    answer us."""

    address: str
    ahead: float | None


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One that the URL names. `master`: whom it names; `trouble`: why it could have nobody promoted, ''."""

    address: str
    answers: bool
    master: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Buffer:
    """A connection of a node, and how much waits for it to be read. Bytes."""

    name: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Lack:
    """What a user of a node may not do, as words of an ACL rule."""

    user: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Redis has refused. `reason`: `command`, `key` or `channel`; `what`: which; `age`: seconds; `node`: whether
    it was a node's connection."""

    user: str
    what: str
    reason: str
    age: float
    node: bool


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`info`, `config`: as INFO and CONFIG GET tell; `lacking`, `refusals`: as `rights` finds them; None: Redis does
    not let us ask. `ahead`: seconds that this machine's clock is ahead of Redis's; `round_trip`: seconds for one
    question."""

    info: Mapping[str, Any]
    config: Mapping[str, str] | None
    buffers: Sequence[Buffer] | None
    replicas: Sequence[Replica]
    sentinels: Sequence[Sentinel]
    is_group: bool
    ahead: float
    round_trip: float
    lacking: Sequence[Lack] | None = None
    refusals: Sequence[Refusal] | None = None

    @property
    def refuses(self) -> bool:
        """Whether Redis takes no writes now, whoever asks: it is full, its disk is, or it is a replica."""
        info, config = self.info, self.config or {}
        limit = number(info.get("maxmemory"))
        if (limit and number(info.get("used_memory")) >= limit) or info.get("role", "master") != "master":
            return True
        if number(info.get("aof_enabled")) and info.get("aof_last_write_status", "ok") != "ok":
            return True
        failed = info.get("rdb_last_bgsave_status", "ok") != "ok"
        return failed and bool(config.get("save")) and config.get("stop-writes-on-bgsave-error") == "yes"


@dataclass(frozen=True, slots=True)
class Boot:
    """A node's run in `nodes`. `ahead`: seconds that its clock was ahead of Redis's when it beat; None: it does not
    tell. `settings`: those that must be the same everywhere. `hears`: whether anything listens on its channel.
    `ready`: its own word at `/readyz`; None: not asked."""

    row: NodeRow
    ahead: float | None
    settings: Mapping[str, str]
    hears: bool
    ready: bool | None

    @property
    def name(self) -> str:
        return f"{self.row.node}/{self.row.boot}"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """`boots`: all of `nodes`. `listeners`: boots that listen but are in `nodes` as dead, or not at all."""

    boots: Sequence[Boot]
    listeners: Sequence[str]

    @property
    def alive(self) -> Sequence[Boot]:
        return [boot for boot in self.boots if boot.row.alive]


@dataclass(frozen=True, slots=True)
class TermFacts:
    """The hash `term`, empty where there is none. `now`: Redis's clock, Unix ms; `server`: who the server is, as a
    term names it. `lease`, `grace`: seconds."""

    term: Mapping[str, str]
    schema: int
    now: int
    server: str
    lease: float
    grace: float
    healing: Sequence[str]
    ghosts: Sequence[str]

    @property
    def hold(self) -> float:
        """Seconds for which nothing is judged yet; 0: it is."""
        return max(0.0, (float(self.term.get("hold", 0)) - self.now) / 1000)

    @property
    def is_same_server(self) -> bool:
        return self.term.get("server") == self.server


@dataclass(frozen=True, slots=True)
class DataFacts:
    """`wrong`: by kind (`orphans.KINDS`), what is so by the word of the script. `spoilt`: keys of a wrong type, with
    both types. `keys`, `sessions`: how many were looked at."""

    keys: int
    sessions: int
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spoilt: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    prefix: str
    server: ServerFacts
    term: TermFacts
    nodes: NodeFacts
    data: DataFacts
