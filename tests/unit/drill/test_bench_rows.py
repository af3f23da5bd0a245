"""Rows of `hydrachat bench` for our own clients alone: who is in which room, what they say, and how it is shown."""

from __future__ import annotations

import json
import socket
from collections import Counter

import pytest

from benchmarks.ceiling import packed
from drill.bench import command
from drill.bench.command import measured as commanded
from drill.bench.figures import Result, factor, result
from drill.bench.measured import Measured
from drill.bench.member import Counted
from drill.bench.page import page
from drill.bench.peer import Places
from drill.bench.peers.hydrachat import LAST, InRooms
from drill.bench.report import table
from drill.bench.trouble import kernel_holds, read_until
from hydrachat import cli
from wire import ServerProtocol


def found(*latencies: float) -> dict[str, Result]:
    return {"hydrachat": result([Measured(Counted(1000, 0, 2.0, list(latencies)), servers=0.5, load=0.2)])}


def test_one_in_rooms_leaves_the_lobby_and_speaks_in_its_rooms_in_turn() -> None:
    one, server = InRooms(Places(3, 3), 1, 0), ServerProtocol()
    server.receive_data(one.enter())
    came = b'{"op":"joined","log":"#lobby","members":["b1x0"]}'
    asked = [json.loads(line) for line in one.next(came).splitlines()]
    assert [each["op"] for each in asked] == ["join", "join", "join", "leave"]
    assert one.next(came) == b""
    assert not one.entered(came)
    assert one.entered(b'{"op":"left","log":"#lobby","id":%d}' % LAST)
    said = [json.loads(one.say(b"x")) for _ in range(4)]
    assert [each["to"] for each in said] == ["#r0", "#r1", "#r2", "#r0"]
    assert [each["n"] for each in said] == [1, 2, 3, 4]


@pytest.mark.parametrize(("rooms", "connections", "most"), [(10_000, 1000, 30), (1, 1000, 1), (34, 100, 2)])
def test_each_room_has_three_members(rooms: int, connections: int, most: int) -> None:
    places = Places(rooms, connections)
    rows = [places.of(number) for number in range(connections)]
    assert max(map(len, rows)) == most
    assert all(len(set(row)) == len(row) for row in rows)
    assert Counter(room for row in rows for room in row) == {f"#r{room}": 3 for room in range(rooms)}


def test_what_is_besides_is_compared_with_the_row_without_it() -> None:
    rows = {"200-20/s": found(0.001, 0.001, 0.002), "200-20/s+flood": found(0.001, 0.001, 0.003)}
    assert factor(rows, "200-20/s+flood", "hydrachat") == pytest.approx(1.5)
    assert factor(rows, "200-20/s", "hydrachat") == 0.0
    assert "1.0 / 3.0 ms (x 1.50)" in table(rows)


def test_a_run_that_fails_is_told_and_costs_no_other_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(kind: str, row: str, seconds: float, load_in: str) -> Measured:
        if (kind, row) == ("ngircd", "100x4"):
            raise ConnectionError("the server ended connection 1")
        return Measured(Counted(1000, 0, 2.0), servers=0.5, load=0.2)

    monkeypatch.setattr(command, "_run", run)
    assert cli.run(["bench", "--rows", "100x4,1000x4", "--against", "ngircd", "--runs", "1"]) == 1
    told = capsys.readouterr()
    assert "ngircd, 100x4: it failed: the server ended connection 1" in told.err
    shown = [line.split()[:2] for line in told.out.splitlines()[1:]]
    assert shown == [["100x4", "hydrachat"], ["1000x4", "hydrachat"], ["1000x4", "ngircd"]]


def test_publishers_are_said_to_be_accepted() -> None:
    rows = {"publish-100x4": found(), "1000x4": found()}
    assert table(rows).count("500 (500 - 500) accepted") == 1
    assert "publish-100x4: deliveries" not in page(rows, "")


def test_others_skip_what_only_our_own_clients_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["publish-100x4", "rooms-1x3", "200-20/s+deaf"]
    assert commanded(["nats"], rows, 1, 1.0) == ({row: {} for row in rows}, False)
    assert capsys.readouterr().err.count("nats skips ") == 3


def test_a_command_is_packed_as_redis_reads_it() -> None:
    assert packed(["GET", b"\xff", 12]) == b"*3\r\n$3\r\nGET\r\n$1\r\n\xff\r\n$2\r\n12\r\n"


def test_what_the_kernel_holds_is_found_out() -> None:
    assert kernel_holds() >= 4096


def test_what_is_waited_for_is_found_across_two_pieces() -> None:
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with mine, theirs:
        theirs.send(b"abc")
        theirs.send(b"def")
        assert read_until(mine, b"cd") == 6
