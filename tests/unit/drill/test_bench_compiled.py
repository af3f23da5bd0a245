"""The load in C counts, says and waits for the same as the one in Python, and does without where it can't be made."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from drill.bench import compiler
from drill.bench.compiled import CompiledLoad
from drill.bench.compiler import CannotCompile, library
from drill.bench.load import Load
from drill.bench.peer import MARK, Dialect
from drill.bench.peers.hydrachat import Native
from drill.bench.peers.irc import Irc
from drill.bench.peers.nats import Nats
from drill.bench.peers.raw import Raw
from hydrachat import cli
from tests.support.programs import required
from tests.support.waiting import wait_until

needs_compiler = pytest.mark.usefixtures("c_compiler")
SIZE, LISTENERS, SPEAKERS = 40, 3, 2
WELCOMES: dict[Callable[[int, int], Dialect], bytes] = {
    Native: b'{"op":"joined","members":[]}\n',
    Irc: b":s 366 x #bench :End\r\n",
    Nats: b"PONG\r\n",
    Raw: b"ready\n",
}
DIALECTS = pytest.mark.parametrize("dialect", WELCOMES, ids=["native", "irc", "nats", "raw"])


@pytest.fixture(scope="session")
def c_compiler() -> str:
    """Path of a C compiler."""
    return required("cc")


class Room:
    """A server for one crowd: what anybody says comes to all listeners, in pieces of a prime number of bytes; a tape
    keeps what each said. `asks` comes behind each. `quiet`: nothing comes but what `tell` tells."""

    def __init__(self, dialect: Callable[[int, int], Dialect], asks: bytes = b"", quiet: bool = False) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()[:2]
        self.tape: list[list[bytes]] = []
        self._welcome, self._asks, self._quiet = WELCOMES[dialect], asks, quiet
        self.clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        for each in (*self.clients, self.listener):
            with suppress(OSError):  # the client was faster
                each.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        for each in (*self.clients, self.listener):
            each.close()

    def _serve(self) -> None:
        for _ in range(LISTENERS + SPEAKERS):
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(self._welcome)
            self.clients.append(client)
            self.tape.append([])
        readers = [threading.Thread(target=self._read, args=(place,)) for place in range(len(self.clients))]
        for each in readers:
            each.start()
        for each in readers:
            each.join()

    def _read(self, place: int) -> None:
        whole, done = b"", 0
        try:
            while data := self.clients[place].recv(65536):
                whole += data
                self.tape[place].append(data)
                found = list(re.finditer(rb"\^\d{8}x*", whole))
                for each in () if self._quiet else found[done:]:
                    self.tell(each[0] + b"\r\n" + self._asks)
                done = len(found)
        except OSError:
            pass  # the test is over

    def tell(self, line: bytes) -> None:
        for client in self.clients[:LISTENERS]:
            for at in range(0, len(line), 7):
                client.send(line[at : at + 7])


def said(room: Room, place: int) -> bytes:
    return b"".join(room.tape[place])


@pytest.fixture
def rooms() -> Iterator[Callable[..., Room]]:
    made: list[Room] = []

    def make(*words: Any, **more: Any) -> Room:
        made.append(Room(*words, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


RECORDED = [5, 0, 3, 1, 2, 2, 7, 4, 4, 9, 6, 8, 11, 13, 12, 10, 99_999_999, 17, 16, 15]
"""Numbers as they come to all: each names its speaker, who says the next one then."""
OUTSTANDING = 2


def heard(room: Room, dialect: Callable[[int, int], Dialect], load: type[Load]) -> list[bytes] | None:
    """What each speaker says to what was recorded. None: it had not all come within the time; a busy machine."""
    line = dialect(1, 1).say(b"^%08d " * len(RECORDED) % tuple(RECORDED))
    with load(dialect, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        feeding = threading.Thread(target=room.tell, args=(line,))
        feeding.start()
        counted = crowd.closed_loop(OUTSTANDING, 0.0, 0.4)  # less than that after which messages are lost
        feeding.join()
        if counted.deliveries < LISTENERS * len(RECORDED):
            return None
        marks = OUTSTANDING * SPEAKERS + len(RECORDED)
        tapes: list[bytes] = []

        def all_said() -> bool:
            tapes[:] = [said(room, LISTENERS + place) for place in range(SPEAKERS)]
            return sum(each.count(MARK) for each in tapes) == marks and all(each.endswith(b"\n") for each in tapes)

        wait_until(all_said, 20, "all was said")
        return tapes


@needs_compiler
@DIALECTS
def test_both_say_the_same_to_the_same(rooms: Callable[..., Room], dialect: Callable[[int, int], Dialect]) -> None:
    """In pieces of seven bytes: also a number comes in two of them."""

    def tape(load: type[Load]) -> list[bytes]:
        tries = (heard(rooms(dialect, quiet=True), dialect, load) for _ in range(20))
        return next(each for each in tries if each is not None)

    python, compiled = ([without_names(each) for each in tape(load)] for load in (Load, CompiledLoad))
    assert python == compiled


def without_names(words: bytes) -> bytes:
    """Each crowd has its own."""
    return re.sub(rb"(b\d+x\d+|\"token\":\"[^\"]*\"|\{\"op\":\"ping\"\}\n)", b"", words)


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_what_comes_in_pieces_is_counted_once(rooms: Callable[..., Room], load: type[Load]) -> None:
    room = rooms(Raw, quiet=True)
    with load(Raw, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        recorded = b"".join(b"^%08d and a line without a mark\nanother\n" % number for number in range(100))
        feeding = threading.Thread(target=room.tell, args=(recorded,))
        feeding.start()
        total, until = 0, time.monotonic() + 20
        while total < 100 * LISTENERS and time.monotonic() < until:
            total += crowd.idle(0.02).deliveries
        feeding.join()
        assert total + crowd.idle(0.02).deliveries == 100 * LISTENERS


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_a_question_is_answered_and_nothing_is_lost_for_it(rooms: Callable[..., Room], load: type[Load]) -> None:
    room = rooms(Irc, b"PING :abc\r\n")
    with load(Irc, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        counted = crowd.closed_loop(1, 0.0, 0.5)
        wait_until(lambda: b"PONG :abc\r\n" in said(room, 0), 20, "the question is answered")
    assert counted.deliveries > SPEAKERS * LISTENERS
    assert not counted.lost


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_what_is_slow_but_comes_is_not_lost(rooms: Callable[..., Room], load: type[Load]) -> None:
    """A round that lasts longer than the time after which messages are lost, as with thousands in one room."""
    room = rooms(Raw, quiet=True)
    with load(Raw, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        over = threading.Event()

        def trickle() -> None:
            for place in range(2):  # the third has nothing yet
                for number in range(40):
                    room.clients[place].sendall(b"^%08d\n" % number)
                    over.wait(0.02)

        feeding = threading.Thread(target=trickle)
        feeding.start()
        try:
            crowd.closed_loop(1, 1.2, 0.1)
        finally:
            over.set()
            feeding.join()
        assert crowd._passed == 0 if load is Load else len(said(room, LISTENERS)) <= SIZE + 1


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_each_pings_and_times_count_from_when_each_was_due(rooms: Callable[..., Room], load: type[Load]) -> None:
    room = rooms(Native)
    with load(Native, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        counted = crowd.open_loop(50.0, 0.2, 2.5)
        assert counted.latencies
        assert all(0 < each < 3 for each in counted.latencies)
        assert len(counted.latencies) <= counted.deliveries
        for place in range(LISTENERS + SPEAKERS):
            assert b'{"op":"ping"}\n' in said(room, place)


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_who_is_cut_off_is_an_error_that_says_who(rooms: Callable[..., Room], load: type[Load]) -> None:
    room = rooms(Raw)
    with load(Raw, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        room.clients[2].sendall(b"you are too slow\n")
        room.clients[2].shutdown(socket.SHUT_RDWR)
        with pytest.raises(ConnectionError, match=r"the server ended connection 2: b.*you are too slow"):
            crowd.idle(20.0)


@needs_compiler
@pytest.mark.parametrize("load", [Load, CompiledLoad])
def test_what_a_server_drops_is_told_and_it_goes_on(rooms: Callable[..., Room], load: type[Load]) -> None:
    room = rooms(Raw, quiet=True)
    with load(Raw, [room.address], LISTENERS, SPEAKERS, SIZE) as crowd:
        crowd.enter()
        room.clients[0].sendall(b"^00000000\n^00000001\n^00000002\n")  # to one of three only
        counted = crowd.closed_loop(1, 0.0, 1.5)
    assert counted.lost == 3 * (LISTENERS - 1)
    assert len(re.findall(rb"\^\d{8}", said(room, LISTENERS))) >= 2


@needs_compiler
def test_it_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = library(tmp_path)
    monkeypatch.setattr(compiler, "_compile", lambda into: pytest.fail("again"))
    assert library(tmp_path) == made
    assert [each.name for each in tmp_path.iterdir()] == [made.name]


def test_without_a_compiler_the_load_is_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from drill.bench.command import _language

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    assert _language("auto") == _language("python") == "Python"
    with pytest.raises(CannotCompile, match=r"no C compiler \(no-such-compiler\)"):
        library()


def test_without_a_home_the_load_is_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    from drill.bench.command import _language

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert _language("auto") == "Python"


def test_c_by_name_needs_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler")
    assert cli.run(["bench", "--load", "c"]) == 3
    assert "no-such-compiler" in capsys.readouterr().err


@needs_compiler
def test_what_does_not_compile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "crowd.c"
    broken.write_text("int nonsense(")
    monkeypatch.setattr(compiler, "SOURCE", broken)
    with pytest.raises(CannotCompile, match="nonsense"):
        library(tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_message_holds_one_mark() -> None:
    """By which both find its number."""
    for dialect in WELCOMES:
        assert dialect(1, 7).say(MARK + b"00000000").count(MARK) == 1
