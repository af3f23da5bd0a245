"""What may happen to a connection by TLS: the steps of `fuzz.tls`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from fuzz.ends import NAME, trust
from wire.tunnel import Tunnel

if TYPE_CHECKING:
    from fuzz.tls import Connection, Program
    from fuzz.ways import Way

MOST_AGAIN = 1 << 16
"""Bytes that come twice: more than are ever taken before a handshake is done, and twenty times do not fill a memory."""

Step = Callable[["Connection", "Program"], object]


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
    return lambda c, p: way(c).flight.extend(way(c).flight[:MOST_AGAIN])


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
