"""What one hostile address does: `python -m benchmarks.attacks NAME HOST:PORT SOURCE SHARE` goes on until it is ended
(SIGTERM), then says how many inputs it has tried. A process of its own: it costs who measures but the processor, of
which it takes `SHARE` of a core at most."""

from __future__ import annotations

import contextlib
import itertools
import select
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping

Connect = Callable[[], socket.socket]
Attack = Callable[[Connect], Iterator[int]]
"""Goes on for ever; each step tells how many inputs it tried. OSError: the node has ended something, begin anew."""

_MB = 1024 * 1024
_AT_ONCE = 200
_NO_PORT = 24
"""IP_BIND_ADDRESS_NO_PORT of Linux, which Python 3.11 has no name for."""
_REST = 0.001
"""Seconds that it is ahead of its share before it rests."""
_numbers = itertools.count()


def _entered(connect: Connect) -> socket.socket:
    sock = connect()
    sock.sendall(b'{"op":"hello","nick":"hostile%d"}\n' % next(_numbers))
    heard = b""
    while b'"joined"' not in heard:
        data = sock.recv(65536)
        if not data or b'"op":"error"' in data:
            sock.close()
            raise OSError("not let in")
        heard += data
    return sock


class _Pump:
    """A session's socket into which lines go as fast as the node takes them; what comes is thrown away."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._rest = b""
        sock.setblocking(False)

    def push(self, data: bytes) -> bool:
        """Whether it was taken; if not, nothing of it was. Raises OSError when the node has ended it."""
        readable, writable, _ = select.select([self._sock], [self._sock], [], 0.05)
        if readable and not self._sock.recv(_MB):
            raise ConnectionResetError("the node has ended it")
        if not writable:
            return False
        taken = not self._rest
        rest = self._rest or data
        self._rest = rest[self._sock.send(rest) :]
        return taken


def flood(connect: Connect) -> Iterator[int]:
    """Says something in the lobby, as fast as it is let."""
    with _entered(connect) as sock:
        pump, n = _Pump(sock), 1
        while True:
            taken = pump.push(b'{"op":"say","n":%d,"to":"#lobby","text":"%s"}\n' % (n, b"0" * 200))
            n += taken
            yield taken


def chorus(connect: Connect) -> Iterator[int]:
    """A hundred sessions that all speak in the lobby at once, as fast as they are let."""
    with contextlib.ExitStack() as stack:
        pumps = [_Pump(stack.enter_context(_entered(connect))) for _ in range(100)]
        for n in itertools.count(1):
            yield sum(pump.push(b'{"op":"say","n":%d,"to":"#lobby","text":"%s"}\n' % (n, b"0" * 200)) for pump in pumps)


def junk(connect: Connect) -> Iterator[int]:
    """What is no frame, in one session."""
    lines = b"".join(b'{"op":"say","n":%d,"to":[[[]]]}\n{"op":\n\xff\n{"op":"dance"}\n' % n for n in range(50))
    with _entered(connect) as sock:
        pump = _Pump(sock)
        while True:
            yield 200 * pump.push(lines)


def blank(connect: Connect) -> Iterator[int]:
    """Empty lines, in one session of each dialect."""
    lines = b"\n" * 65536
    with _entered(connect) as native, connect() as person:
        person.sendall(b"person%d\n" % next(_numbers))
        pumps = [_Pump(native), _Pump(person)]
        while True:
            yield sum(len(lines) * pump.push(lines) for pump in pumps)


def acks(connect: Connect) -> Iterator[int]:
    """Acknowledges, in ten sessions."""
    yield from _repeated(connect, b'{"op":"ack","cursors":{"@":["e",1]}}\n' * 1000)


def nameless(connect: Connect) -> Iterator[int]:
    """What is no nickname, on ten connections that never come in."""
    return _lines(connect, b"#none\n" * 1000)


def passwords(connect: Connect) -> Iterator[int]:
    """Wrong passwords, on ten connections."""
    return _lines(connect, b"alice of wonderland\n" * 1000)


def _lines(connect: Connect, lines: bytes) -> Iterator[int]:
    with contextlib.ExitStack() as stack:
        pumps = [_Pump(stack.enter_context(connect())) for _ in range(10)]
        while True:
            yield sum(1000 * pump.push(lines) for pump in pumps)


def storm(connect: Connect) -> Iterator[int]:
    """Connects and goes at once."""
    while True:
        connect().close()
        yield 1


def half_open(connect: Connect) -> Iterator[int]:
    """Three thousand connections that say nothing; for each that is closed another one."""
    held: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        while True:
            tried = 0
            while len(held) < 3000 and tried < _AT_ONCE:
                tried += 1
                with contextlib.suppress(OSError):
                    held.append(connect())
                    selector.register(held[-1], selectors.EVENT_READ)
            for key, _ in selector.select(0.05):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                with contextlib.suppress(OSError):
                    if sock.recv(65536):
                        continue
                selector.unregister(sock)
                held.remove(sock)
                sock.close()
            yield tried


def hellos(connect: Connect) -> Iterator[int]:
    """Resumes sessions with tokens that are wrong, some hundred at a time."""
    line = b'{"op":"hello","session":"%022d","token":"%022d"}\n'
    while True:
        with connect() as sock:
            for _ in range(100):
                sock.sendall(line % (next(_numbers), next(_numbers)))
                if not sock.recv(65536):
                    break
                yield 1


def huge_lines(connect: Connect) -> Iterator[int]:
    """Lines without an end, on four connections."""
    with contextlib.ExitStack() as stack:
        pumps = [_Pump(stack.enter_context(connect())) for _ in range(4)]
        while True:
            yield sum(pump.push(b"x" * _MB) for pump in pumps)


def history(connect: Connect) -> Iterator[int]:
    """Asks for all that was said, in ten sessions."""
    asked = b'{"op":"history","room":"#lobby","limit":200,"id":1}\n{"op":"who","id":2}\n{"op":"rooms","id":3}\n' * 10
    yield from _repeated(connect, asked)


def _repeated(connect: Connect, lines: bytes) -> Iterator[int]:
    """In ten sessions, over and over."""
    count = lines.count(b"\n")
    with contextlib.ExitStack() as stack:
        pumps = [_Pump(stack.enter_context(_entered(connect))) for _ in range(10)]
        while True:
            yield sum(count * pump.push(lines) for pump in pumps)


def slow_readers(connect: Connect) -> Iterator[int]:
    """Fifty sessions that ask for much and read nothing; for each that is closed another one."""
    while True:
        with contextlib.ExitStack() as stack:
            for _ in range(50):
                sock = stack.enter_context(_entered(connect))
                sock.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    sock.sendall(b'{"op":"history","room":"#lobby","limit":200,"id":1}\n' * 2000)
                yield 2000


def joins(connect: Connect) -> Iterator[int]:
    """Joins rooms and leaves them."""
    with _entered(connect) as sock:
        pump = _Pump(sock)
        for number in itertools.count():
            yield 2 * pump.push(b'{"op":"join","room":"#r%d"}\n{"op":"leave","room":"#r%d"}\n' % (number, number))


_HEARD = (flood, chorus, junk, blank, acks, nameless, passwords)
_ALL = (*_HEARD, storm, half_open, hellos, huge_lines, history, slow_readers, joins)
ATTACKS: Mapping[str, Attack] = {attack.__name__: attack for attack in _ALL}


def _dial(target: tuple[str, int], source: str) -> socket.socket:
    """Binds to the address alone: a port that was used for the decoy may be used again for the node, and those that
    wait for their time do not run out."""
    sock = socket.socket()
    try:
        sock.setsockopt(socket.IPPROTO_IP, _NO_PORT, 1)
        sock.bind((source, 0))
        sock.settimeout(5)
        sock.connect(target)
    except BaseException:  # also an interrupt: whatever ends it, the socket is nobody else's to close
        sock.close()
        raise
    return sock


class _Pace:
    """Rests where it would take more than its share of a core."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._began = time.monotonic() - time.process_time() / share

    def keep(self) -> None:
        due = self._began + time.process_time() / self._share - time.monotonic()
        if due > _REST:
            time.sleep(due)


def main() -> None:
    name, address, source, share = sys.argv[1:]
    host, _, port = address.rpartition(":")
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    print("ready", flush=True)
    tried, pace = 0, _Pace(float(share))
    while not ended:
        # Turned away, or thrown out: it comes again.
        with contextlib.suppress(OSError):
            pace.keep()
            for count in ATTACKS[name](lambda: _dial((host, int(port)), source)):
                tried += count
                pace.keep()
                if ended:
                    break
    print(tried, flush=True)


if __name__ == "__main__":
    main()
