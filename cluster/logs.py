"""Reading what nodes share: logs, members, rooms. All go through the reader's pipe. Any thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from cluster.calls import Argument
from cluster.entries import from_stream
from cluster.errors import ClusterError, Unavailable
from cluster.keys import Keys
from cluster.link import Reply
from cluster.pipe import Answer, Request
from cluster.reader import Reader
from cluster.types import Company, Entry, Member, Page, Position, Topic

MEMBERS_LIMIT = 5000


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
        return Page(Position(epoch, int(reply[2])), int(reply[3]), entries, former, first_lost, last_lost)

    def history(self, room: str, before: int, limit: int) -> list[Entry]:
        reply = self._call("history", [room, before, limit])
        epoch = reply[1].decode()
        return [from_stream(room, epoch, item) for item in reversed(reply[2])]

    def members(self, room: str | None) -> list[Member]:
        if room is None:
            flat = self._call("presence", [MEMBERS_LIMIT])[1:]
        else:
            flat = self._call("members", [room, MEMBERS_LIMIT])[1:]
        words = [word.decode() for word in flat]
        found = [Member(*words[i : i + 4]) for i in range(0, len(words), 4)]
        return sorted(found, key=lambda member: member.nick.casefold())

    def company(self, room: str, limit: int) -> Company:
        count, topic, *nicks = self._call("company", [room, limit])[1:]
        return Company(int(count), sorted((nick.decode() for nick in nicks[:limit]), key=str.casefold), topic.decode())

    def topic(self, room: str) -> Topic:
        text, nick, time = self._call("topic", [room])[1:]
        return Topic(text.decode(), nick.decode(), int(time))

    def rooms(self) -> list[tuple[str, int]]:
        flat = self._call("rooms", [])[1:]
        return sorted((flat[i].decode(), int(flat[i + 1])) for i in range(0, len(flat), 2))

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
