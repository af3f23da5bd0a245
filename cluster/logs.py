"""Reading what nodes share: logs, members, rooms. All go through the reader's pipe. Any thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from cluster.calls import Argument, status
from cluster.entries import from_stream
from cluster.errors import ClusterError, Refused, Unavailable
from cluster.keys import Keys
from cluster.link import Reply
from cluster.pipe import Answer, Request
from cluster.reader import Reader
from cluster.types import Company, Entry, Member, Page, Person, Position, Topic

MEMBERS_LIMIT = 5000
ROOMS_LIMIT = 5000
"""What one answer holds at most: neither Redis nor a node does work without a bound for a question."""
ROW = 5  # words of a member


class Logs:
    def __init__(self, reader: Reader, keys: Keys) -> None:
        self._reader = reader
        self._keys = keys

    def read(self, log: str, after: Position, limit: int) -> Page:
        reply = self._call("read", [log, after.epoch, after.offset, limit])
        epoch = reply[1].decode()
        entries = tuple(from_stream(log, epoch, item) for item in reply[6])
        first_lost, last_lost = int(reply[4]), int(reply[5])
        former = after.epoch if first_lost else ""
        top, is_astray = Position(epoch, int(reply[2])), int(reply[7]) == 1
        return Page(top, int(reply[3]), entries, former, first_lost, last_lost, is_astray)

    def history(self, room: str, before: int, limit: int, asks: str = "") -> list[Entry]:
        reply = self._told("history", [room, before, limit, asks])
        epoch = reply[1].decode()
        return [from_stream(room, epoch, item) for item in reversed(reply[2])]

    def members(self, room: str | None, asks: str = "") -> list[Member]:
        if room is None:
            flat = self._call("presence", [MEMBERS_LIMIT])[1:]
        else:
            flat = self._told("members", [room, MEMBERS_LIMIT, asks])[1:]
        rows = (flat[i : i + ROW] for i in range(0, len(flat), ROW))
        found = [_member(*row) for row in rows]
        return sorted(found, key=lambda member: member.nick.casefold())

    def company(self, room: str, limit: int) -> Company:
        count, topic, *nicks = self._call("company", [room, limit])[1:]
        return Company(int(count), sorted((nick.decode() for nick in nicks[:limit]), key=str.casefold), topic.decode())

    def topic(self, room: str, asks: str = "") -> Topic:
        text, nick, time = self._told("topic", [room, asks])[1:]
        return Topic(text.decode(), nick.decode(), int(time))

    def whois(self, nick: str, asks: str = "") -> Person:
        reply = self._told("whois", [nick, asks])
        shown, session, node, state, gone, text, since, rooms, client = reply[1:]
        return Person(
            nick=shown.decode(),
            session=session.decode(),
            node=node.decode(),
            state=state.decode(),
            gone=int(gone) == 1,
            text=text.decode(),
            since=int(since),
            rooms=tuple(room for room in rooms.decode().split(",") if room),
            client=client.decode(),
        )

    def rooms(self, asks: str = "") -> list[tuple[str, int]]:
        flat = self._call("rooms", [ROOMS_LIMIT, asks])[1:][: 2 * ROOMS_LIMIT]
        return sorted((flat[i].decode(), int(flat[i + 1])) for i in range(0, len(flat), 2))

    def addresses(self, spent: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        # Asked once: what was taken would count twice.
        found = self._ask("addresses", [word for each in spent for word in each])[1:]
        return [(int(messages), int(joins)) for messages, joins in zip(found[::2], found[1::2], strict=True)]

    def _told(self, script: str, arguments: Sequence[Argument]) -> list[Reply]:
        """Raises Refused, too."""
        reply = self._call(script, arguments)
        if status(reply) == "no":
            raise Refused(reply[1].decode())
        return reply

    def _call(self, script: str, arguments: Sequence[Argument]) -> list[Reply]:
        """Reading does no harm twice: the first who reads after a restart of Redis finds the old connection broken."""
        try:
            return self._ask(script, arguments)
        except Unavailable:
            return self._ask(script, arguments)

    def _ask(self, script: str, arguments: Sequence[Argument]) -> list[Reply]:
        future: Future[list[Reply]] = Future()

        def settle(answer: Answer) -> None:
            if isinstance(answer, ClusterError):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self._reader.submit(Request(script, arguments, settle))
        return future.result()


def _member(nick: bytes, session: bytes, node: bytes, state: bytes, gone: bytes) -> Member:
    return Member(nick.decode(), session.decode(), node.decode(), state.decode(), int(gone) == 1)
