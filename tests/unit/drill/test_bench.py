"""`hydrachat bench`: what the crowd says and counts, what the figures come to, and the command line."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from drill.bench import door
from drill.bench.door import KEEP_ALIVE, PARTS
from drill.bench.figures import Result, ratios, result, share, spread
from drill.bench.load import Load
from drill.bench.measured import Measured
from drill.bench.member import Counted
from drill.bench.page import page
from drill.bench.peer import MARK
from drill.bench.peers.hydrachat import Native
from drill.bench.peers.irc import Irc
from drill.bench.peers.nats import Nats
from drill.bench.peers.socketio import SocketIo
from drill.bench.report import as_json, table
from hydrachat import cli
from wire import ServerProtocol
from wire.codec import encode
from wire.codes import Code
from wire.frames import Error, Hello


def measured(deliveries: int = 1000, *latencies: float) -> Measured:
    return Measured(Counted(deliveries, 0, 2.0, list(latencies)), servers=0.5, load=0.2, memory=20480.0)


def test_a_native_one_speaks_the_protocol() -> None:
    server, native = ServerProtocol(), Native(1, 7)
    (hello,) = server.receive_data(native.enter())
    assert isinstance(hello, Hello)
    assert hello.nick == "b1x7"
    assert native.entered(b'{"op":"joined","log":"#lobby","members":["b1x7"]}')
    assert json.loads(native.keep_alive()) == {"op": "ping"}
    assert [json.loads(native.say(b"x"))["n"] for _ in range(2)] == [1, 2]


def test_a_native_one_knows_when_it_is_to_come_again() -> None:
    busy, taken = (encode(Error(code=code, text="no")) for code in (Code.BUSY, Code.NICK_TAKEN))
    assert Native(1, 7).turned_away(b"Welcome to Hydrachat.\n" + busy)
    assert not Native(1, 7).turned_away(taken)
    # It has a session by then: to come again would be another thing.
    assert not Native(1, 7).turned_away(b'{"op":"welcome"}\n' + busy)


def test_irc_joins_when_it_was_welcomed_and_answers_pings() -> None:
    irc = Irc(1, 7)
    assert irc.enter() == b"NICK b1x7\r\nUSER bench 0 * :bench\r\n"
    assert (irc.next(b":s 001 b1x7 :hi\r\n"), irc.next(b":s 001 b1x7 :hi\r\n")) == (b"JOIN #bench\r\n", b"")
    assert irc.answer(b":x PRIVMSG #bench :hi\r\nPING :abc\r\n") == b"PONG :abc\r\n"
    assert irc.say(b"hi") == b"PRIVMSG #bench :hi\r\n"


def test_nats_says_how_long_it_is() -> None:
    assert Nats(1, 7).say(b"four") == b"PUB bench 4\r\nfour\r\n"
    assert Nats(1, 7).answer(b"PING\r\n") == b"PONG\r\n"


def test_socket_io_connects_when_it_is_open_and_masks_what_it_says() -> None:
    one = SocketIo(1, 7)
    assert one.enter().startswith(b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n")
    opened = b'HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x120{"sid":"a"}'
    assert (one.next(opened), one.next(opened)) == (b"\x81\x82\0\0\0\x0040", b"")
    assert one.entered(opened + b'\x81\x0f40{"sid":"b"}')
    assert one.answer(one.asks) == b"\x81\x81\0\0\0\x003"
    assert one.say(b"x" * 200) == b"\x81\xfe\x00\xd2\0\0\0\x00" + b'42["m","' + b"x" * 200 + b'"]'


class Echo:
    """A server to which one message goes, and comes back to all as often as the test says."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()[:2]
        self.lines: list[bytes] = []
        self.clients: list[socket.socket] = []

    def accept(self, count: int) -> None:
        for _ in range(count):
            client, _ = self.listener.accept()
            self.clients.append(client)
            client.sendall(b"PONG\r\n")

    def close(self) -> None:
        for each in (*self.clients, self.listener):
            each.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


def test_what_comes_in_pieces_is_counted_once_and_in_order(echo: Echo) -> None:
    threading.Thread(target=echo.accept, args=(3,), daemon=True).start()
    with Load(Nats, [echo.address], 2, 1, 20) as load:
        load.enter()
        said = b"".join(b"MSG bench 1 20\r\n%s%08d%s\r\n" % (MARK, number, b"x" * 10) for number in (4, 5, 6))
        for at in range(len(said)):
            for client in echo.clients[:2]:
                client.sendall(said[at : at + 1])
            load.idle(0.0) if at % 7 else load.idle(0.01)
        load.idle(0.05)
        assert load._counts == [3, 3]
        assert list(load._order) == [4, 5, 6]


def cut_off(echo: Echo, last_words: bytes, others: int = 0) -> None:
    client, _ = echo.listener.accept()
    with client:
        client.recv(1000)  # a close over unread bytes would be a reset
        client.sendall(last_words)
    echo.accept(others)


def test_who_is_turned_away_comes_again(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Nats, "turned_away", lambda self, seen: seen == b"later\r\n")
    monkeypatch.setattr(door, "TURNED_AWAY", 0.0)
    accepting = threading.Thread(target=cut_off, args=(echo, b"later\r\n", 3), daemon=True)
    accepting.start()
    with Load(Nats, [echo.address], 2, 1, 20) as load:
        load.enter()
        assert sorted(member.index for member in load._members.values()) == [0, 1, 2]
    accepting.join()


def test_what_the_crowd_is_told_of_itself_is_over_before_anything_is_measured(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CALM", 0.2)
    accepting = threading.Thread(target=echo.accept, args=(2,), daemon=True)
    accepting.start()
    with Load(Nats, [echo.address], 2, 0, 20) as load:
        load.enter()
        accepting.join()
        rest = [b"x" * 300] * 10
        heard: list[int] = []
        look = load._heard_within

        def looked(seconds: float) -> int:
            if rest:
                echo.clients[0].sendall(rest.pop())
            heard.append(look(seconds))
            return heard[-1]

        monkeypatch.setattr(load, "_heard_within", looked)
        load.settle()
    assert heard == [300] * 10 + [0]


def test_who_has_come_in_answers_while_others_still_come(echo: Echo) -> None:
    """They may take longer than a server waits for an answer."""
    accepting = threading.Thread(target=echo.accept, args=(1,), daemon=True)
    accepting.start()
    with Load(Nats, [echo.address], 1, 0, 20) as load:
        load.enter()
        accepting.join()
        client, heard = echo.clients[0], b""
        client.settimeout(5)
        client.sendall(b"PING\r\n")
        load._heard_within(0.2)
        while b"PONG" not in heard:
            heard += client.recv(1000)


def test_who_is_cut_off_as_it_comes_is_an_error(echo: Echo) -> None:
    threading.Thread(target=cut_off, args=(echo, b"sorry\r\n"), daemon=True).start()
    with Load(Nats, [echo.address], 1, 0, 20) as load, pytest.raises(ConnectionError, match="connection 0: b'sorry"):
        load.enter()


def test_figures() -> None:
    assert spread([3.0, 1.0, 2.0]).middle == 2.0
    assert (share([], 0.5), share([1.0, 2.0, 3.0, 4.0], 0.99)) == (0.0, 4.0)
    found = result([measured(1000), measured(3000), measured(2000)])
    assert (found.rate.middle, found.rate.least, found.rate.most) == (1000.0, 500.0, 1500.0)
    assert found.cost.middle == pytest.approx(250.0)
    assert ratios({"hydrachat": found, "nats": result([measured(500)])}) == {"hydrachat": 1.0, "nats": 4.0}


def test_the_table_and_the_file_have_every_row() -> None:
    rows: dict[str, dict[str, Result]] = {
        "1000x4": {"hydrachat": result([measured(4000)]), "nats": result([measured(1000)])},
        "idle-4000": {"hydrachat": result([measured(0)])},
        "1000-20/s": {"hydrachat": result([measured(10, 0.001, 0.002)])},
    }
    shown = table(rows)
    assert "x 4.00" in shown
    assert "20.0 (20.0 - 20.0)" in shown
    assert "2.0 / 2.0 ms" in shown
    assert json.loads(as_json(rows))["1000x4"]["nats"]["rate"]["middle"] == 500.0


def test_a_disk_that_kept_redis_waiting_is_named_beside_the_times() -> None:
    def shown(stood: float) -> str:
        run = Measured(Counted(10, 0, 2.0, [0.01, 0.2]), servers=0.5, load=0.2, stood=stood)
        return table({"1000-20/s": {"hydrachat": result([measured(10, 0.01, 0.02), run, measured(10, 0.01, 0.02)])}})

    assert "20.0 ms (Redis stood for 134 ms)" in shown(0.134)
    assert "stood" not in shown(0.006)


def test_the_page_draws_rates_growth_and_latencies() -> None:
    slow, fast = result([measured(1000), measured(1400)]), result([measured(4000)])
    rows: dict[str, dict[str, Result]] = {
        "100x4": {"hydrachat": fast, "<b>": slow},
        "1000x4": {"hydrachat": slow, "<b>": slow},
        "1000-20/s": {"hydrachat": result([measured(10, 0.001, 0.002)])},
        "idle-4000": {"hydrachat": result([measured(0)])},
    }
    made = page(rows, table(rows))
    root = ElementTree.fromstring("<body>" + made.partition("<body>")[2].partition("</body>")[0] + "</body>")
    titles = [each.text for each in root.iter("h2")]
    assert titles == [
        "Figures", "100x4: deliveries a second", "1000x4: deliveries a second",
        "Deliveries a second against connections, 4 under way for each speaker", "1000-20/s: from due to shown",
    ]  # fmt: skip
    assert len(list(root.iter("polyline"))) == 3
    assert json.loads(as_json(rows))["1000-20/s"]["hydrachat"]["times"]["p99"] == 0.002


@pytest.fixture
def pinged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of those that say what keeps them alive."""
    made: list[int] = []

    def keep_alive(nats: Nats) -> bytes:
        made.append(int(nats.nick.rpartition("x")[2]))
        return b""

    monkeypatch.setattr(Nats, "keep_alive", keep_alive)
    return made


def test_a_long_turn_of_the_crowd_leaves_no_ping_out(echo: Echo, pinged: list[int]) -> None:
    threading.Thread(target=echo.accept, args=(40,), daemon=True).start()
    with Load(Nats, [echo.address], 40, 0, 20) as load:
        load.enter()
        load._part -= 1000  # as if a turn had taken a minute
        pinged.clear()
        load._keep_alive()
        assert sorted(pinged) == list(range(40))


@pytest.mark.parametrize("silent", [False, True])
def test_who_hears_something_speaks_in_every_other_round_and_not_all_in_the_same(
    echo: Echo, pinged: list[int], monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    threading.Thread(target=echo.accept, args=(128,), daemon=True).start()
    monkeypatch.setattr(Nats, "quiet", 2)
    with Load(Nats, [echo.address], 128, 0, 20) as load:
        load.enter()
        pinged.clear()
        start, rounds = load._part, []
        for member in load._members.values():
            member.spoke = start
        for part in range(start + 1, start + 4 * PARTS + 1):
            clock = SimpleNamespace(monotonic=lambda at=part: (at + 0.5) * KEEP_ALIVE / PARTS)
            monkeypatch.setattr(door, "time", clock)
            for member in load._members.values():
                member.heard = start + 1 if silent else part - 1
            load._keep_alive()
            if (part - start) % PARTS == 0:
                rounds.append(sorted(pinged))
                pinged.clear()
        assert [len(each) for each in rounds] == ([64, 128, 128, 128] if silent else [64] * 4)
        assert rounds[0] == sorted(set(range(128)) - set(rounds[1])) or silent


@pytest.mark.parametrize("first_heard", range(8 * PARTS, 10 * PARTS, 5))
def test_nobody_is_silent_for_longer_when_the_crowd_begins_to_hear_something(
    echo: Echo, pinged: list[int], monkeypatch: pytest.MonkeyPatch, first_heard: int
) -> None:
    """Rounds that began anew then left some out for three, and a node took them for gone."""
    threading.Thread(target=echo.accept, args=(128,), daemon=True).start()
    monkeypatch.setattr(Nats, "quiet", 2)
    with Load(Nats, [echo.address], 128, 0, 20) as load:
        load.enter()
        load._part = first_heard - 4 * PARTS
        latest = dict.fromkeys(range(128), first_heard)
        for part in range(load._part + 1, first_heard + 4 * PARTS):
            clock = SimpleNamespace(monotonic=lambda at=part: (at + 0.5) * KEEP_ALIVE / PARTS)
            monkeypatch.setattr(door, "time", clock)
            for member in load._members.values():
                member.heard = part - 1 if part > first_heard else 0
            pinged.clear()
            load._keep_alive()
            latest.update(dict.fromkeys(pinged, part))
            assert part - min(latest.values()) <= 2 * PARTS


@pytest.mark.parametrize("words", [["--rows", "nonsense"], ["--against", "nonsense"], ["--seconds", "0"]])
def test_wrong_settings_are_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", *words]) == 2
    assert words[0] in capsys.readouterr().err
