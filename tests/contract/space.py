"""Nodes on one Redis, and the people on them, as the tests of the contract need them."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import redis

from cluster.cluster import Cluster
from cluster.errors import ClusterError, Refused
from cluster.link import Identity
from cluster.seam import Health
from cluster.settings import ClusterSettings
from cluster.types import (
    Claimed,
    Entry,
    Membership,
    Name,
    Page,
    Position,
    Publication,
    Published,
    Reason,
    SessionRecord,
)
from tests.contract.recorder import DEADLINE, Recorder

LOBBY = "#lobby"
START = Position("", 0)
Outcome = Published | ClusterError


@dataclass(slots=True)
class Backend:
    """A Redis, real or fake. `admin`: a plain client with decoded answers."""

    kind: str
    url: str
    port: int
    identity: Identity
    admin: Any


class Node:
    """A cluster object and its recorder."""

    def __init__(self, backend: Backend, settings: ClusterSettings) -> None:
        self.name = settings.node
        self.settings = settings
        self.events = Recorder(settings.node)
        self.cluster = Cluster(settings, self.events, backend.identity)
        self.expects_fatal = False

    def start(self) -> Node:
        self.cluster.start()
        return self

    def wait_health(self, *wanted: Health) -> None:
        self.events.wait(lambda: self.cluster.health in wanted, f"health {wanted}")

    def serve(self) -> Node:
        """Started, serving, and hearing the lobby."""
        self.start()
        self.wait_health(Health.SERVING)
        self.hear(LOBBY)
        return self

    def hear(self, room: str) -> None:
        self.cluster.want(room)
        self.events.wait(lambda: room in self.events.subscribed, f"{room} subscribed")

    def claim(self, nick: str, *proposals: str) -> User:
        session, claim, token = secrets.token_hex(4), secrets.token_hex(4), secrets.token_hex(4)
        names = [Name(each, each.casefold()) for each in proposals]
        name = Name(nick, nick.casefold())
        claimed = self.cluster.claim(session, claim, name, names, hashed(token), "192.0.2.1:5")
        return User(self, claimed, token)

    def texts(self, log: str = LOBBY) -> list[str]:
        with self.events.changed:
            return [entry.text for entry in self.events.entries if entry.log == log and entry.kind == "message"]

    def wait_texts(self, texts: Iterable[str], log: str = LOBBY) -> None:
        wanted = set(texts)
        self.events.wait(lambda: wanted <= set(self.texts(log)), f"{sorted(wanted)[:5]} in {log}")

    def read_all(self, log: str, after: Position = START) -> list[Entry]:
        entries: list[Entry] = []
        while True:
            page: Page = self.cluster.read(log, after, 500)
            entries += page.entries
            if not page.entries:
                return entries
            after = Position(page.position.epoch, page.entries[-1].offset)

    def stop(self, within: float = 5.0) -> None:
        self.cluster.stop(time.monotonic() + within)


class User:
    """A session with its connection at `node`. `n`: the last n that it used."""

    def __init__(self, node: Node, claimed: Claimed, token: str) -> None:
        self.node = node
        self.token = token
        self.claimed = claimed
        self.session = claimed.session
        self.claim = claimed.claim
        self.name = claimed.name
        self.n = claimed.n
        self.list()

    @property
    def inbox(self) -> str:
        return f"@{self.session}"

    def list(self) -> None:
        """The node notes that it has this session."""
        claimed, events = self.claimed, self.node.events
        hash_of = claimed.tokens[0] if claimed.tokens else hashed(self.token)
        rooms = tuple(log for log in claimed.logs if log.startswith("#"))
        record = SessionRecord(
            self.session, self.claim, self.name, hash_of, "192.0.2.1:5", claimed.since, claimed.n, rooms,
            taken=claimed.taken, owner=claimed.owner, open_tokens=" ".join(claimed.tokens[1:]),
        )  # fmt: skip
        with events.changed:
            events.listed[self.session] = record
        for log, position in claimed.logs.items():
            events.know(log, position)

    def relist(self, **changes: Any) -> None:
        events = self.node.events
        with events.changed:
            if self.session in events.listed:
                events.listed[self.session] = replace(events.listed[self.session], **changes)

    @property
    def rooms(self) -> tuple[str, ...]:
        with self.node.events.changed:
            return self.node.events.listed[self.session].rooms

    def submit(
        self,
        text: str,
        to: str = LOBBY,
        n: int = 0,
        holder: str = "",
        refusal: str = "",
        again: Position | None = None,
    ) -> Future[Outcome]:
        """Says it under the next n (or `n`); the outcome may be waited for."""
        future: Future[Outcome] = Future()
        used = n or self.n + 1

        def done(outcome: Outcome) -> None:
            passing = isinstance(outcome, Refused) and outcome.reason in (Reason.OUT_OF_ORDER, Reason.INBOX_FULL)
            if isinstance(outcome, Published | Refused) and not passing:
                self.relist(n=used)
            future.set_result(outcome)

        said = Publication(used, to, text, holder=holder, refusal=refusal, again=again)
        self.node.cluster.publish(self.session, self.claim, said, done)
        self.n = max(self.n, used)
        return future

    def say(self, text: str, to: str = LOBBY, n: int = 0, holder: str = "", refusal: str = "") -> Outcome:
        return self.submit(text, to, n, holder, refusal).result(DEADLINE)

    def said(self, text: str, to: str = LOBBY, n: int = 0) -> Published:
        """It must have gone well."""
        outcome = self.say(text, to, n)
        assert isinstance(outcome, Published), outcome
        return outcome

    def said_again(self, text: str, of: Published, to: str = LOBBY, holder: str = "") -> Published:
        """It was accepted as `of`, and may be lost."""
        outcome = self.submit(text, to, of.n, holder, again=of.position).result(DEADLINE)
        assert isinstance(outcome, Published), outcome
        return outcome

    def join(self, room: str) -> Membership:
        done = self.node.cluster.join(self.session, self.claim, room)
        self.relist(rooms=(*(each for each in self.rooms if each != room), room))
        self.node.events.know(room, done.position)
        return done

    def leave(self, room: str) -> Membership:
        done = self.node.cluster.leave(self.session, self.claim, room)
        self.relist(rooms=tuple(each for each in self.rooms if each != room))
        return done

    def resume_at(self, node: Node, n: int | None = None) -> User:
        known = self.n if n is None else n
        claimed = node.cluster.resume(self.session, secrets.token_hex(4), hashed(self.token), known, "192.0.2.1:6")
        return User(node, claimed, self.token)

    def away(self) -> None:
        self.relist(away=True)
        self.node.cluster.away(self.session, self.claim)

    def end(self, reason: str = "quit") -> None:
        with self.node.events.changed:
            self.node.events.listed.pop(self.session, None)
        self.node.cluster.end(self.session, self.claim, reason)

    def acknowledge(self, offset: int, state: str = "received", epoch: str = "") -> None:
        position = Position(epoch or self.claimed.logs[self.inbox].epoch, offset)
        self.node.cluster.acknowledge(self.session, self.claim, position, state)


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Space:
    """One cluster's keys on a back end. `stop_all` ends the nodes that a test made."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.admin = backend.admin
        self.prefix = f"{{test-{secrets.token_hex(3)}}}:"
        self.nodes: list[Node] = []

    def key(self, name: str) -> str:
        return self.prefix + name

    def node(
        self, name: str, lease: float = 1.5, grace: float = 5.0, url: str = "", retain: int = 10_000, **limits: Any
    ) -> Node:
        """A node that is not started yet."""
        settings = ClusterSettings(
            name, url or self.backend.url, self.prefix, lease, grace, retain, address="192.0.2.9:7701", version="0",
            **limits,
        )  # fmt: skip
        self.nodes.append(Node(self.backend, settings))
        return self.nodes[-1]

    def serve(self, name: str, lease: float = 1.5, grace: float = 5.0, url: str = "", retain: int = 10_000) -> Node:
        return self.node(name, lease, grace, url, retain).serve()

    def end_hold(self) -> None:
        """As if the time in which nobody is reaped after a term opened were over."""
        self.admin.hset(self.key("term"), "hold", 0)

    def age(self, node: Node, seconds: float) -> None:
        """As if the node's last heartbeat were so much longer ago."""
        self.admin.zincrby(self.key("nodes"), -1000 * seconds, f"{node.name}/{node.cluster.boot}")

    def end_grace(self, *users: User) -> None:
        """As if the time of those who are away, or were, had passed."""
        for user in users:
            if self.admin.hexists(self.key(f"session:{user.session}"), "until"):
                self.admin.hset(self.key(f"session:{user.session}"), "until", 1)
                self.admin.zadd(self.key("absent"), {user.session: 1})

    def row(self, user: User) -> dict[str, str]:
        found: dict[str, str] = self.admin.hgetall(self.key(f"session:{user.session}"))
        return found

    def stream(self, log: str) -> list[tuple[int, dict[str, str]]]:
        name = f"inbox:{log[1:]}:log" if log.startswith("@") else f"room:{log}:log"
        return [(int(found.split("-")[0]), fields) for found, fields in self.admin.xrange(self.key(name))]

    def kinds(self, log: str, kind: str) -> list[dict[str, str]]:
        return [fields for _, fields in self.stream(log) if fields["kind"] == kind]

    def stop_all(self) -> None:
        for node in self.nodes:
            node.stop()
        unexpected = [error for node in self.nodes if not node.expects_fatal for error in node.events.fatal]
        assert not unexpected, unexpected


def connect(port: int) -> Any:
    return redis.Redis(port=port, decode_responses=True, protocol=2, socket_timeout=10)
