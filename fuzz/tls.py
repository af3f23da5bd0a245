"""Bytes -> what happens on the way between a node and a client by TLS: pieces, other bytes, other records, an end."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from fuzz.ends import NAME, OTHER, ClientEnd, NodeEnd, Way, trust
from fuzz.steps import bounded
from wire.tunnel import Tunnel

OLD, STRANGER, IMPOSTOR, NARROW, OTHER_NAME, SHAKEN = 1, 2, 4, 8, 16, 32
"""Modes: TLS 1.2; the node's client is none of ours: what it says is in the input; the client's node is none; little
fits into the network; the client looks for another name; the handshake is done before it begins."""
PER_BYTE = 20_000
"""Steps: two bytes may say that all shall arrive, in pieces."""
_FEW = 64
"""Rounds in which all that is under way arrives, where that is not too much."""


class Connection:
    """Both ends. An end that is not ours is None."""

    def __init__(self, mode: int) -> None:
        self._mode = mode
        self.is_left = False  # by the client, of his own will
        self.is_whole = not mode & (STRANGER | IMPOSTOR | NARROW)  # nobody on the way has done anything
        self.client: ClientEnd | None = None
        if mode & STRANGER:
            self._meet()
        else:
            name = OTHER if mode & OTHER_NAME else NAME
            self.client = ClientEnd(self._meet, old=bool(mode & OLD), name=name)

    def _meet(self) -> tuple[Way, Way]:
        room = 1000 if self._mode & NARROW else 1 << 20
        self.up, self.down = Way(room), Way(room)
        self.node = None if self._mode & IMPOSTOR else NodeEnd(self.up, self.down)
        return self.up, self.down

    def go(self) -> None:
        for end in (self.client, self.node):
            if end is not None:
                end.go()

    def settle(self) -> None:
        for _ in range(_FEW):
            self.go()
            if not self.up.flight and not self.down.flight:
                return
            self.up.arrive(1 << 20)
            self.down.arrive(1 << 20)

    def leave(self) -> None:
        if self.client is not None and not self.client.over:
            self.is_left = self.client.trusted
            self.client.end()

    def check(self) -> None:
        """Nobody is given what the other side has not said, and an end only where it was said."""
        node, client = self.node, self.client
        if node is not None:
            said = client.said if client is not None else b""
            assert said.startswith(node.got), "the node was given something else than was said"
            assert not node.is_whole or (self.is_left and node.got == said), "an end that the client has not said"
        if client is not None:
            said = node.said if node is not None else b""
            assert said.startswith(client.got), "the client was given something else than was said"
            assert not client.is_whole or (node is not None and client.got == said), "an end that nobody has said"
            assert node is not None or not client.trusted, "somebody without the key was trusted"

    def finish(self) -> None:
        """All has arrived, where nobody stood in between. Then the network ends: so does everything else."""
        self.settle()
        if self.is_whole and self.client is not None and self.client.trusted and self.node is not None:
            assert self.node.got == self.client.said, "not all has arrived at the node"
            assert self.node.is_whole == self.is_left, "the client's end was not told"
            assert self.is_left or self.client.got == self.node.said, "not all has arrived at the client"
        self.up.cut = self.down.cut = True
        self.go()
        for end in (self.node, self.client):
            assert end is None or end.over, f"{type(end).__name__} goes on although nothing can come any more"


class Program:
    """The input, read as steps."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def __bool__(self) -> bool:
        return bool(self._rest)

    def byte(self) -> int:
        first, self._rest = (self._rest[0] if self._rest else 0), self._rest[1:]
        return first

    def bytes(self, count: int) -> bytes:
        found, self._rest = self._rest[:count], self._rest[count:]
        return found


def tls(data: bytes) -> None:
    """No error but those for a broken connection; nobody is given what was not said; no more is held than is bounded;
    an end of the network ends both."""
    bounded(lambda: _run(data), len(data), PER_BYTE)


def _run(data: bytes) -> None:
    program = Program(data)
    mode = program.byte()
    connection = Connection(mode)
    if mode & SHAKEN:
        connection.settle()
    while program:
        step = program.byte() % len(STEPS)
        connection.is_whole &= step not in MEDDLING
        STEPS[step](connection, program)
        connection.check()
    connection.finish()
    connection.check()


# -- steps --------------------------------------------------------------------------------

Step = Callable[[Connection, Program], object]


def _arrive(way: Callable[[Connection], Way]) -> Step:
    def step(c: Connection, p: Program) -> None:
        way(c).arrive(1 + p.byte())
        c.go()

    return step


def _change(way: Callable[[Connection], Way]) -> Step:
    def step(c: Connection, p: Program) -> None:
        flight, at, by = way(c).flight, p.byte(), p.byte()
        if flight:
            flight[at % len(flight)] ^= by or 1

    return step


def _drop(way: Callable[[Connection], Way]) -> Step:
    def step(c: Connection, p: Program) -> None:
        del way(c).flight[-1 - p.byte() :]

    return step


def _cut(way: Callable[[Connection], Way]) -> Step:
    def step(c: Connection, _: Program) -> None:
        way(c).cut = True
        c.go()

    return step


def _insert(way: Callable[[Connection], Way]) -> Step:
    return lambda c, p: way(c).flight.extend(p.bytes(p.byte()))


def _again(way: Callable[[Connection], Way]) -> Step:
    return lambda c, p: way(c).flight.extend(bytes(way(c).flight))


def _reset(c: Connection, _: Program) -> None:
    c.up.reset = c.down.reset = True
    c.go()


def _client_says(c: Connection, p: Program) -> None:
    if c.client is not None:
        c.client.say(_text(p.byte(), b"up"))


def _node_says(c: Connection, p: Program) -> None:
    if c.node is not None:
        c.node.say(_text(p.byte(), b"down"))
        c.node.go()


def _node_ends(c: Connection, _: Program) -> None:
    if c.node is not None:
        c.node.end()
        c.node.go()


def _text(size: int, word: bytes) -> bytes:
    return b"".join(b"%s %d " % (word, number) for number in range(1 + size * size // 16))


@cache
def _hello() -> bytes:
    client = Tunnel(trust(False).context, name=NAME)
    client.shake()
    return client.take()


RECORDS: list[Callable[[], bytes]] = [
    _hello,
    lambda: bytes.fromhex("160301400001") + (131_000).to_bytes(3) + bytes(0x4000 - 4),  # a hello that never ends
    lambda: bytes.fromhex("15030100020128"),  # alerts: a warning, an end, an end with an error
    lambda: bytes.fromhex("15030300020100"),
    lambda: bytes.fromhex("15030300020228"),
    lambda: bytes.fromhex("140303000101"),
    lambda: bytes.fromhex("1703034100") + bytes(0x4100),  # as large as can be, and larger
    lambda: bytes.fromhex("170303ffff") + bytes(0xFFFF),
    lambda: bytes.fromhex("1603030000") * 40,
    lambda: b"GET / HTTP/1.0\r\n\r\n",
    lambda: b'! this port does not speak TLS\n{"op":"error","code":1062,"text":"no"}\n',
]


def _record(way: Callable[[Connection], Way]) -> Step:
    return lambda c, p: way(c).flight.extend(RECORDS[p.byte() % len(RECORDS)]())


def _up(c: Connection) -> Way:
    return c.up


def _down(c: Connection) -> Way:
    return c.down


STEPS: list[Step] = [
    lambda c, _: c.settle(),
    *(make(way) for make in (_arrive, _change, _drop, _cut, _insert, _again, _record) for way in (_up, _down)),
    _reset,
    _client_says,
    _node_says,
    _node_ends,
    lambda c, _: c.leave(),
]
MEDDLING = range(3, 16)
"""Those steps after which not all that is said need arrive."""
