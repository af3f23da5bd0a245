"""Bytes -> what happens on the way between a node and a client by TLS: pieces, other bytes, other records, an end."""

from __future__ import annotations

from fuzz.ends import NAME, OTHER, ClientEnd, NodeEnd
from fuzz.meddling import MEDDLING, STEPS
from fuzz.steps import bounded
from fuzz.ways import Way

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
