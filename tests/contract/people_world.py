"""People, nicknames and an operator through several lives of the data, driven by the scripts themselves.

As in heal_world.py all that speaks with Redis is real but for the threads and the clock. A plan is a list of steps,
some of which do nothing. After each step what Redis holds must agree with itself, and with what people were answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from cluster.errors import Fenced, Refused, Unavailable
from cluster.recovery import RENAMING
from cluster.types import LOBBY, Membership, Name, Renamed, SessionRecord
from tests.contract.heal_world import LEASE, PREFIX, Data, Step
from tests.contract.people_host import NAMES, ROOMS, Host, Tickets

NICKS = ["ann", "Ann", "bob", "Bob", "cy", "b0b"]


class PeopleWorld:
    """`nicks`: who was answered to have which nickname. `strict`: all that was said is remembered by somebody who
    comes in time, so that nothing may be lost."""

    def __init__(self, data: Data, tickets: Tickets) -> None:
        self.data, self.admin, self.tickets = data, data.admin, tickets
        self._ids = count(1)
        self.hosts = [Host(data, name, "b0") for name in NAMES]
        self.nicks: dict[str, str] = {}
        self.tokens: dict[str, str] = {}  # the one that each client has heard of last
        self.order: list[str] = []
        self.ever: list[str] = []  # sessions
        self.announced: dict[str, set[str]] = {}
        self.in_rooms: dict[str, str] = {}
        self.strict = True
        for host in self.hosts:
            host.recover()
        data.open()

    def close(self) -> None:
        for host in self.hosts:
            host.link.close()

    def run(self, plan: list[Step]) -> None:
        for name, *more in plan:
            getattr(self, name)(*more)
            self.hear()
            self.check()
            self.hear()

    # -- who is meant ------------------------------------------------------------------------

    def awake(self) -> list[Host]:
        return [host for host in self.hosts if host.is_awake]

    def person(self, which: int) -> tuple[Host, str] | None:
        """A session with a connection."""
        if not self.order:
            return None
        session = self.order[which % len(self.order)]
        for host in self.awake():
            if session in host.people and not host.people[session].away:
                return host, session
        return None

    def hear(self) -> None:
        for host in self.awake():
            host.verify()
            for log in host.local_logs():
                host.hear(log)

    # -- what people do ----------------------------------------------------------------------

    def claim(self, which: int, nick: int) -> None:
        host, session, name = self.awake()[which % len(self.awake())], f"s{next(self._ids)}", NICKS[nick]
        self.ever.append(session)
        try:
            done = host.sessions.claim(session, f"c{next(self._ids)}", _name(name), [], "t", "a", "")
        except Refused as error:
            self._refused(error, session, name)
            return
        self.tokens[session] = "t"
        host.people[session] = SessionRecord(
            session, done.claim, done.name, "t", "a", done.since, 0, (LOBBY,), taken=done.taken
        )  # fmt: skip
        self._has(session, name)
        self.order.append(session)

    def resume(self, who: int, which: int) -> None:
        if not self.order:
            return
        session, host = self.order[who % len(self.order)], self.awake()[which % len(self.awake())]
        try:
            token, renewed = self.tokens[session], f"t{next(self._ids)}"
            done = host.sessions.resume(session, f"c{next(self._ids)}", token, 0, "a", "", renewed)
        except Refused as error:
            self._lost(session, error)
            return
        assert not self.strict or self.nicks[session] == done.name.shown
        self.nicks[session] = done.name.shown
        assert done.tokens[0] == renewed
        # Every third welcome is lost, every third has its token confirmed.
        if which % 3:
            self.tokens[session] = renewed
        if which % 3 == 2:
            host.sessions.confirm(session, done.claim, renewed)
        for other in self.awake():
            other.people.pop(session, None)
        rooms = tuple(log for log in done.logs if log.startswith("#"))
        host.people[session] = SessionRecord(
            session, done.claim, done.name, renewed, "a", done.since, done.n, rooms, taken=done.taken, gone=done.gone,
            open_tokens="" if which % 3 == 2 else " ".join(done.tokens[1:]),
        )  # fmt: skip

    def rename(self, who: int, nick: int) -> None:
        self._ask("rename", who, nick)

    def join(self, who: int, room: int) -> None:
        self._ask("join", who, room)

    def leave(self, who: int, room: int) -> None:
        self._ask("leave", who, room)

    def gone(self, who: int, is_gone: bool) -> None:
        if (found := self.person(who)) is None:
            return
        host, session = found
        record = host.people[session]
        host.sessions.gone(session, record.claim, "out" if is_gone else None)
        host.people[session] = replace(record, gone="out" if is_gone else None)

    def twice(self, what: str, who: int, more: int) -> None:
        """The answer is lost, and the connection with Redis with it."""
        self.tickets.again = f"again{next(self._ids)}"
        self._ask(what, who, more, loses=True)
        self._ask(what, who, more)
        self.tickets.again = ""

    def over(self, what: str, who: int, more: int, to: int | None) -> None:
        """The answer is lost with the life of the data."""
        self.tickets.again = f"again{next(self._ids)}"
        found = self.person(who)
        self._ask(what, who, more, loses=True)
        self.hear()
        pending = {found[1]: {RENAMING if what == "rename" else ROOMS[more % 2]}} if found else {}
        self.life(to, [(host.name, pending) for host in self.awake()])
        self._ask(what, who, more)
        self.tickets.again = ""

    def _ask(self, what: str, who: int, more: int, loses: bool = False) -> None:
        if (found := self.person(who)) is None:
            return
        host, session = found
        record = host.people[session]
        host.pipe.loses = loses
        try:
            self._noted(host, record, what, more, self._asked(host, record, what, more))
        except Refused as error:
            # Where it is asked again in another life, a ghost may have the name still.
            if what == "rename" and not self.tickets.again:
                self._refused(error, session, NICKS[more % len(NICKS)])
        except Unavailable:
            assert loses
        except Fenced:
            assert not self.strict
            host.people.pop(session, None)
            self._is_gone(session)
        finally:
            host.pipe.loses = False

    def _asked(self, host: Host, record: SessionRecord, what: str, more: int) -> Membership | Renamed:
        if what == "rename":
            return host.sessions.rename(record.session, record.claim, _name(NICKS[more % len(NICKS)]), [])
        act: Callable[..., Membership] = getattr(host.sessions, what)
        return act(record.session, record.claim, ROOMS[more % 2])

    def _noted(self, host: Host, record: SessionRecord, what: str, more: int, done: Membership | Renamed) -> None:
        if isinstance(done, Renamed):
            name = NICKS[more % len(NICKS)]
            host.people[record.session] = replace(record, name=_name(name), taken=done.taken)
            self._has(record.session, name)
            return
        rooms = [room for room in record.rooms if room != done.room]
        kept = (*rooms, done.room) if what == "join" else tuple(rooms)
        host.people[record.session] = replace(record, rooms=kept)

    def away(self, who: int) -> None:
        """His connection breaks."""
        if found := self.person(who):
            host, session = found
            host.people[session] = replace(host.people[session], away=True)
            host.sessions.away(session, host.people[session].claim)

    def quit(self, who: int) -> None:
        if found := self.person(who):
            host, session = found
            host.sessions.end(session, host.people.pop(session).claim, "quit")
            self._is_gone(session)

    def expire(self, who: int) -> None:
        """Of one who is away the grace is over."""
        if self.order:
            session = self.order[who % len(self.order)]
            if self.admin.hget(PREFIX + f"session:{session}", "state") == "away":
                self.admin.hset(PREFIX + f"session:{session}", "until", 1)
                self.admin.zadd(PREFIX + "absent", {session: 1})
                self._is_gone(session)

    # -- what an operator does ---------------------------------------------------------------

    def kick(self, nick: int) -> None:
        self._end_of(nick, self._operator("kick", [NICKS[nick].casefold(), "why"])[0] == b"ok")

    def ban(self, nick: int) -> None:
        name = NICKS[nick].casefold()
        self._end_of(nick, self._operator("ban", [f"nick:{name}", NICKS[nick], 0, "why", ""])[2] != b"")
        self._operator("unban", [f"nick:{name}"])

    def _end_of(self, nick: int, is_done: bool) -> None:
        found = [session for session, name in self.nicks.items() if name.casefold() == NICKS[nick].casefold()]
        assert not self.strict or bool(found) == is_done, (NICKS[nick], found)
        for session in found if is_done else ():
            self._is_gone(session)

    def announce(self, count: int, to: int | None, is_lost: bool) -> None:
        """To `count` only, what is left is the nodes' to tell. `is_lost`: the answer is, with the life of the data."""
        name = f"a{next(self._ids)}"
        self.announced[name] = set(self.nicks)
        self._operator("announce", [name, "", name, count])
        if is_lost:
            self.hear()
            self.life(to, [(host.name, {}) for host in self.awake()])
            self._operator("announce", [name, "", name, count])

    def announce_in(self, room: int, to: int | None, is_lost: bool) -> None:
        """`is_lost`: the answer is, with the life of the data."""
        name, where = f"a{next(self._ids)}", ROOMS[room]
        if self._operator("announce", [name, where, name, 1])[0] != b"ok":
            return
        self.in_rooms[name] = where
        if is_lost:
            self.hear()
            self.life(to, [(host.name, {}) for host in self.awake()])
            self._operator("announce", [name, where, name, 1])

    def _operator(self, script: str, arguments: Sequence[Any]) -> list[Any]:
        host = self.awake()[0]
        return host.caller.call(host.link, script, arguments)

    # -- what becomes of nodes and data ------------------------------------------------------

    def die(self, which: int) -> None:
        """A node is killed, found dead, and started again."""
        host = self.hosts[which]
        if len(self.awake()) < len(self.hosts):
            return
        self.admin.zincrby(PREFIX + "nodes", -1500 * LEASE, host.standing.name)
        self.admin.hset(PREFIX + "term", "hold", 0)
        host.link.close()
        self.hosts[which] = Host(self.data, host.name, f"b{next(self._ids)}")
        self.strict = False  # what it alone remembered
        self.hosts[which].recover()
        self.data.open()

    def keep(self) -> None:
        self.data.keep()

    def life(self, to: int | None, in_time: Sequence[tuple[str, dict[str, set[str]]]]) -> None:
        """Another life of the data. Of who is away, and of no node, nobody knows."""
        held = {session for host in self.awake() for session in host.people}
        self.strict &= held >= set(self.nicks) and len(self.awake()) == len(in_time) == len(self.hosts)
        self.data.end_life(to)
        self._age_former_boots()
        for name, pending in in_time:
            self.hosts[NAMES.index(name)].recover(pending)
        self.data.open()

    def _age_former_boots(self) -> None:
        """They have been silent for longer than a rewind remembers."""
        present = {host.standing.name for host in self.hosts}
        for name in self.admin.zrange(PREFIX + "nodes", 0, -1):
            if name not in present:
                self.admin.zincrby(PREFIX + "nodes", -1500 * LEASE, name)

    def lives(self, to: int | None, in_time: Sequence[int]) -> None:
        self.life(to, [(NAMES[which], {}) for which in in_time])

    def late(self, which: int) -> None:
        if not self.hosts[which].is_awake:
            self.hosts[which].recover()

    # -- what must hold ----------------------------------------------------------------------

    def _has(self, session: str, name: str) -> None:
        others = [one for one, nick in self.nicks.items() if _look(nick) == _look(name) and one != session]
        assert not others or not self.strict, f"{name} has two holders: {session}, {others}"
        for other in others:
            self._is_gone(other)
        self.nicks[session] = name

    def _is_gone(self, session: str) -> None:
        self.nicks.pop(session, None)
        self.order = [each for each in self.order if each != session]

    def _lost(self, session: str, error: Refused) -> None:
        assert not self.strict or session not in self.nicks or error.reason in ("kicked", "banned"), (session, error)
        self._is_gone(session)

    def _refused(self, error: Refused, session: str, name: str) -> None:
        others = [one for one, nick in self.nicks.items() if _look(nick) == _look(name) and one != session]
        assert others or not self.strict or self._is_ghosts(name), (session, name, error)

    def _is_ghosts(self, name: str) -> bool:
        """Whether one holds it that a rewind has brought back; see `check`."""
        like = {name.casefold(), self.admin.get(PREFIX + f"skeleton:{_look(name)}")}
        holders = [self.admin.get(PREFIX + f"nick:{each}") for each in like]
        return any(self.admin.hget(PREFIX + f"session:{each}", "state") == "away" for each in holders)

    def check(self) -> None:
        if len(self.awake()) < len(self.hosts):
            return
        self.admin.hset(PREFIX + "term", "hold", 0)
        for _ in range(3):
            for host in self.hosts:
                host.beat()
        for host in self.hosts:
            host.verify()
            assert not host.damages, host.damages
        rows = {key.rpartition(":")[2]: self.admin.hgetall(key) for key in self._keys("session:*")
                if not key.endswith(":said")}  # fmt: skip
        if self.strict:
            assert {session: row["nick"] for session, row in rows.items() if session in self.nicks} == self.nicks
            # Who had left all rooms before he quit is in no log: a rewind brings him back for a grace.
            others = [row for session, row in rows.items() if session not in self.nicks]
            assert all(row["state"] == "away" and not row["rooms"] for row in others), others
        self._check_names(rows)
        self._check_rooms(rows)
        self._check_announced(rows)
        self._check_doctor()

    def _check_doctor(self) -> None:
        """That of all that he looks for nothing is there, of whoever ever was."""
        nodes = [str(name) for name in self.admin.zrange(PREFIX + "nodes", 0, -1)]
        sessions = [*self.ever, *(f"*{name}" for name in self.announced)]
        seats = [f"{room} {session}" for room in ROOMS for session in sessions]
        places = [f"{node} {session}" for node in nodes for session in sessions]
        found = {
            kind: reply[1:]
            for kinds, items in (
                (["nickname"], [nick.casefold() for nick in NICKS]),
                (["presence"], NICKS),
                (["nameless", "unseen", "inbox", "said", "unheld", "endless", "absent", "twin"], sessions),
                (["member", "outsider"], seats),
                (["held"], places),
                (["unlisted", "deserted", "kept"], ROOMS),
                (["unjudged", "lapsed"], nodes),
                (["headless"], [*ROOMS, *(f"@{session}" for session in sessions)]),
            )
            for kind in kinds
            if len(reply := self._operator("mend", [kind, "look", *items])) > 1
        }
        assert not found, found

    def _keys(self, pattern: str) -> list[str]:
        return [str(key) for key in self.admin.keys(PREFIX + pattern)]

    def _check_names(self, rows: dict[str, dict[str, str]]) -> None:
        held = {key.rpartition(":")[2]: self.admin.get(key) for key in self._keys("nick:*")}
        assert held == {row["mapped"]: session for session, row in rows.items()}
        shown = {row["nick"]: f"{row['node'].split('/')[0]} {row['state']}" for row in rows.values()}
        assert self.admin.hgetall(PREFIX + "presence") == shown
        looks = {key.rpartition(":")[2]: self.admin.get(key) for key in self._keys("skeleton:*")}
        assert not self.strict or {_look(row["nick"]) for row in rows.values()} == set(looks), (rows, looks)
        assert not self.strict or set(looks.values()) <= set(held), (held, looks)
        absent = set(self.admin.zrange(PREFIX + "absent", 0, -1))
        assert absent == {session for session, row in rows.items() if row["state"] == "away"}
        for key in self._keys("node:*:sessions"):
            node = key.removeprefix(PREFIX + "node:").removesuffix(":sessions")
            assert all(rows[session]["node"] == node for session in self.admin.smembers(key)), key
        for host in self.hosts:
            for session, record in host.people.items():
                assert rows[session]["claim"] == record.claim
                assert rows[session]["nick"] == record.name.shown

    def _check_rooms(self, rows: dict[str, dict[str, str]]) -> None:
        listed = set(self.admin.smembers(PREFIX + "rooms"))
        for room in ROOMS:
            members = self.admin.hgetall(PREFIX + f"room:{room}:members")
            assert bool(members) == (room in listed)
            there = {session: row["nick"] for session, row in rows.items() if room in row["rooms"].split(",")}
            assert members == there, room
            if self.strict:
                assert self._told(room) == there, room

    def _told(self, room: str) -> dict[str, str]:
        """Who is in the room by what its log tells, each coming, renaming and leaving once."""
        there: dict[str, str] = {}
        for _, entry in self.admin.xrange(PREFIX + f"room:{room}:log"):
            kind, session, text = entry["kind"], entry["session"], entry["text"]
            if kind == "joined":
                assert there.get(session, "") == text, (room, entry, there)
                there[session] = entry["nick"]
            elif kind == "left":
                assert there.pop(session, None) == entry["nick"], (room, entry, there)
        return there

    def _check_announced(self, rows: dict[str, dict[str, str]]) -> None:
        assert not self.admin.exists(PREFIX + "announcements")
        for session in rows:
            log = self.admin.xrange(PREFIX + f"inbox:{session}:log")
            texts = [entry["text"] for _, entry in log if entry["kind"] == "message"]
            assert len(texts) == len(set(texts)), (session, texts)
            owed = {name for name, people in self.announced.items() if session in people}
            assert not self.strict or session not in self.nicks or set(texts) == owed, (session, texts, owed)
        for room in ROOMS:
            log = self.admin.xrange(PREFIX + f"room:{room}:log")
            texts = [entry["text"] for _, entry in log if entry["kind"] == "message"]
            assert len(texts) == len(set(texts)), (room, texts)
            owed = {name for name, where in self.in_rooms.items() if where == room}
            assert not self.strict or set(texts) == owed, (room, texts, owed)


def _look(nick: str) -> str:
    """Its skeleton, of those that there are here."""
    return nick.casefold().replace("0", "o")


def _name(nick: str) -> Name:
    return Name(nick, nick.casefold())
