"""`who NICK`, `sessions NODE`, `rooms` and the three shapes of all tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from cluster.operator import read, table
from cluster.operator.near import near
from cluster.operator.shape import with_seconds
from cluster.operator.times import ago, span
from hydrachat import cli
from tests.unit.cluster_operator.conftest import Answer, P, settle_in

Rows = Callable[..., list[dict[str, Any]]]


def test_one_person_in_detail(rows: Rows, answer: Answer) -> None:
    (alice,) = rows("who", "aLICE")
    assert (alice["nick"], alice["node"], alice["boot"], alice["state"]) == ("Alice", "n1", "b1", "here")
    assert (alice["said"], alice["waiting"], alice["alive"]) == (7, 2, True)
    assert (alice["connected"], alice["rooms"], alice["address"]) == (1700000000000, ["#lobby"], "192.0.2.1:5")
    assert (alice["client"], alice["gone"]) == ("", False)
    shown = {line.split()[0]: line for line in answer("who", "bob").splitlines()}
    assert "away, ends in" in shown["state"]
    assert "lost" in shown["node"]
    assert "2 unacknowledged" not in shown["inbox"]


def test_who_is_away_by_choice_and_with_which_program(db: Any, rows: Rows, answer: Answer) -> None:
    db.hset(P + "session:s1", mapping={"gone": "lunch", "client": "bot/1.0"})
    (alice,) = rows("who", "alice")
    assert (alice["client"], alice["gone"], alice["gone_text"], alice["state"]) == ("bot/1.0", True, "lunch", "here")
    assert "here, gone by choice: lunch" in answer("who", "alice")


def test_somebody_whose_key_is_gone_is_found_all_the_same(db: Any, rows: Rows) -> None:
    db.delete(P + "nick:alice")
    assert rows("who", "alice")[0]["session"] == "s1"


def test_nobody_of_that_name_is_1_with_the_names_near_it(answer: Answer) -> None:
    said = answer("who", "alcie", code=1)
    assert "nobody is called alcie; near it: Alice" in said
    assert "near it" not in answer("who", "zzzz", code=1)


def test_who_is_at_a_node_that_is_lost_is_not_said_to_be_here(db: Any, rows: Rows, answer: Answer) -> None:
    settle_in(db, "s3", "Carol", "n2/b2")
    states = {line.split()[0]: line.split()[2] for line in answer("who").splitlines()}
    assert states == {"nick": "state", "Alice": "here", "Bob": "away", "Carol": "lost"}
    assert [row["state"] for row in rows("who")] == ["here", "away", "here"]


def test_what_a_node_holds(rows: Rows, answer: Answer) -> None:
    assert [row["nick"] for row in rows("sessions", "n1")] == ["Alice"]
    assert answer("sessions", "n1").splitlines()[0] == "n1 is serving, holds 1 session"


def test_what_a_lost_node_holds(db: Any, rows: Rows, answer: Answer) -> None:
    assert [row["nick"] for row in rows("sessions", "n2")] == ["Bob"]
    assert answer("sessions", "n2").startswith("n2 is lost, no heartbeat for")
    db.zrem(P + "nodes", "n2/b2")
    assert answer("sessions", "n2").startswith("n2 is gone, and still holds 1 session")


def test_a_node_that_nobody_knows_is_1(answer: Answer) -> None:
    assert "no node n22 is known; near it: n2" in answer("sessions", "n22", code=1)


def test_rooms_tell_how_much_their_logs_hold(db: Any, rows: Rows) -> None:
    db.hset(P + "room:#lobby:meta", "topic", "news")
    (lobby,) = rows("rooms")
    assert lobby["topic"] == "news"
    assert (lobby["entries"], lobby["last"], lobby["members"]) == (3, 1700000000000, 2)


def test_rooms_tell_who_owns_them_and_what_guards_them(db: Any, rows: Rows, answer: Answer) -> None:
    db.sadd(P + "rooms", "#ops")
    db.hset(P + "room:#ops:members", "s9", "Alice")
    db.hset(P + "room:#ops:rights", mapping={"owner": "s9", "nick": "Alice", "guards": "key private", "key": "0f 5c1e"})
    ops = rows("rooms")[1]
    assert (ops["owner"], ops["guards"]) == ("Alice", ["key", "private"])
    db.hset(P + "session:s9", "nick", "Alicia")  # she is called so by now
    assert rows("rooms")[1]["owner"] == "Alicia"
    assert "key private" in answer("rooms")
    assert "5c1e" not in answer("rooms")


@pytest.mark.parametrize("words", [["nodes"], ["who"], ["who", "alice"], ["rooms"], ["sessions", "n1"]])
def test_csv_has_the_fields_of_json(words: list[str], rows: Rows, answer: Answer) -> None:
    found = list(csv.DictReader(io.StringIO(answer(*words, "--csv"))))
    assert [list(row) for row in found] == [list(row) for row in rows(*words)]
    assert found


def test_csv_of_nothing_is_a_header(db: Any, answer: Answer) -> None:
    db.flushall()
    assert answer("who", "--csv") == "nick,node,state,since,until,rooms,address,session,boot\n"


@pytest.mark.parametrize("nick", ["=cmd|'/c calc'!A1", "+1", "＝1", "\t=1"])
def test_a_nickname_is_no_formula(nick: str, db: Any, answer: Answer) -> None:
    settle_in(db, "s3", nick, "n1/b1")
    nicks = [row["nick"] for row in csv.DictReader(io.StringIO(answer("who", "--csv")))]
    assert f"'{nick.strip()}" in nicks


@dataclass
class Cell:
    value: Any


@pytest.mark.parametrize(
    ("value", "cell"),
    [(True, "true"), (-3, "-3"), (["#a", "#b"], "#a #b"), ('say "x", y', '"say ""x"", y"'), ("a\nb\x1b", '"a\nb"')],
)
def test_cells(value: Any, cell: str) -> None:
    out = io.StringIO()
    table.write_csv(out, Cell, [Cell(value)])
    assert out.getvalue() == f"value\n{cell}\n"


def test_shapes_that_do_not_go_together_are_2(capsys: pytest.CaptureFixture[str]) -> None:
    for flags in (["--json", "--csv"], ["--csv", "--watch"]):
        assert cli.run(["who", *flags]) == 2
        assert "can't be had together" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "nan", "9999"])
def test_seconds_to_watch_that_can_not_be_are_2(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["who", "--watch", seconds]) == 2
    assert "write a number from 0.1 to 3600" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], []),
        (["--watch"], ["--watch=2"]),
        (["--watch", "alice"], ["--watch=2", "alice"]),
        (["--watch", "0.5", "alice"], ["--watch", "0.5", "alice"]),
        (["--watch", "--json"], ["--watch=2", "--json"]),
        (["--watch=3"], ["--watch=3"]),
        (["--", "--watch"], ["--", "--watch"]),
    ],
)
def test_watch_may_stand_without_seconds(given: list[str], meant: list[str]) -> None:
    assert with_seconds(given) == meant


def test_a_pipe_has_one_line_a_row(db: Any, answer: Answer) -> None:
    many = ",".join(f"#room-{number}" for number in range(50))
    settle_in(db, "s3", "Carol", "n1/b1", rooms=many)
    lines = answer("who").splitlines()
    assert len(lines) == 4
    assert "#room-49" in lines[3]


def test_a_pipe_is_in_columns_also_with_wide_characters() -> None:
    assert list(table.plain(("nick", "n"), [("你好", "1"), ("Zoë\x1b🦑", "22")])) == [
        "nick   n",
        "你好   1",
        "Zoë🦑  22",
    ]
    assert list(table.plain(("a", "b"), [])) == ["a  b"]
    assert list(table.plain(("", ""), [("k", "v")])) == ["k  v"]
    assert list(table.plain(("", ""), [])) == []


def test_near() -> None:
    assert near("alise", ["Alice", "bob", "Alisa"]) == ["Alisa", "Alice"]
    assert near("ali", ["Alicia-the-first", "bob"]) == ["Alicia-the-first"]
    assert near("x", []) == []


def test_times() -> None:
    assert [span(seconds) for seconds in (-1, 4.26, 59, 125, 7200, 180_000)] == [
        "0.0 s", "4.3 s", "59 s", "2 min", "2 h", "2 d",
    ]  # fmt: skip
    assert (ago(0, 5), ago(1000, 13_000)) == ("-", "12 s ago")


def test_a_row_of_another_version_is_no_error() -> None:
    assert read.session_row("s", {"nick": "x", "since": "soon"}).since == 0


def test_a_closed_output_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    table.show(["nick"], [["bob"]])


def test_nodes_with_usual_addresses_fit_a_terminal_of_80_columns() -> None:
    columns = ["node", "address", "state", "clients", "heartbeat", "version", "http"]
    cells = [["n1", "127.0.0.1:7701", "draining", "10000", "12.0 s", "0.1.0", "127.0.0.1:7801"]]
    console = Console(width=80, file=io.StringIO())
    with console.capture() as capture:
        console.print(table.drawn(columns, cells))
    assert [line for line in capture.get().splitlines() if "127.0.0.1:7701" in line and "127.0.0.1:7801" in line]


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "lines"), [(40, ["n1    127.0.0.1:7701  serving  127.0.0.1:7801"]), (80, [])])
def test_a_terminal_too_narrow_for_the_columns_breaks_the_lines_itself(
    width: int, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where cells were folded into three columns each nobody could read them."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    table.show(("node", "address", "state", "http"), [("n1", "127.0.0.1:7701", "serving", "127.0.0.1:7801")])
    shown = screen.getvalue()
    assert [line for line in shown.splitlines() if line in lines] == lines
    assert ("─" in shown) == (not lines)
