"""`history ROOM`: what stands in a room's log, and what follows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from cluster.operator.follow import Following
from cluster.operator.history import EntryRow
from cluster.operator.spoken import line
from hydrachat import cli
from tests.unit.cluster_operator.conftest import Answer, P, say

Rows = Callable[..., list[dict[str, Any]]]
LOBBY = f"{P}room:#lobby"


def test_who_came_and_what_was_said(answer: Answer) -> None:
    lines = answer("history", "#lobby").splitlines()
    assert lines[0].startswith("1  20")
    assert lines[0].endswith("  * Alice joined")
    assert lines[1].endswith("  Alice: hello")
    assert lines[2].endswith("  Bob: =1+1")
    assert lines[3] == "  | [2J second"


def test_the_hash_may_be_left_out_and_case_does_not_count(rows: Rows) -> None:
    assert rows("history", "LOBBY") == rows("history", "#lobby")


def test_limit_and_before(rows: Rows) -> None:
    def offsets(*flags: str) -> list[int]:
        return [row["offset"] for row in rows("history", "lobby", *flags)]

    assert offsets() == [1, 2, 3]
    assert offsets("--limit", "2") == [2, 3]
    assert offsets("--limit", "1", "--before", "3") == [2]
    assert offsets("--before", "1") == []
    assert offsets("--limit", "0") == []


def test_many_are_read_in_pages(db: Any, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.operator.history.PAGE", 4)
    for offset in range(4, 14):
        say(db, "#lobby", offset, "Alice", str(offset))

    def read(*flags: str) -> list[int]:
        return [row["offset"] for row in rows("history", "lobby", *flags)]

    assert read() == list(range(1, 14))
    assert read("--limit", "9") == list(range(5, 14))
    assert read("--limit", "9", "--before", "5") == [1, 2, 3, 4]


def test_csv_and_json_have_the_same_fields(rows: Rows, answer: Answer) -> None:
    found = list(csv.DictReader(io.StringIO(answer("history", "lobby", "--csv"))))
    assert list(found[0]) == list(rows("history", "lobby")[0])
    assert found[2]["text"] == "'=1+1\n[2J second"
    assert rows("history", "lobby")[2]["text"] == "=1+1\n\x1b[2J second"


def test_a_room_that_never_was_is_1(answer: Answer) -> None:
    assert "there is no room #loby; near it: #lobby" in answer("history", "loby", code=1)


@pytest.mark.parametrize("room", ["@alice", "@s1"])
def test_an_inbox_is_not_shown(room: str, answer: Answer) -> None:
    assert "nobody else's to read" in answer("history", room, code=2)


def test_an_inbox_is_not_shown_by_its_key_either(db: Any, answer: Answer) -> None:
    db.xadd(P + "inbox:s1:log", {"kind": "message", "text": "secret"}, id="1-0")
    assert "secret" not in answer("history", "#lobby:log}:inbox:s1", code=1)


def test_no_room_is_2_and_says_that_a_shell_may_have_eaten_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["history"]) == 2
    assert "write '#lobby', or lobby" in capsys.readouterr().err


def test_follow_has_no_before(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["history", "lobby", "--follow", "--before", "3"]) == 2
    assert "--follow and --before" in capsys.readouterr().err


def entry(kind: str, text: str = "", nick: str = "eve", late: bool = False) -> str:
    row = EntryRow("#lobby", "e1", 7, 1_700_000_000_000, kind, nick, text, "s", 1, late, [])
    return line(row).split("  ", 2)[2]


def test_words() -> None:
    assert entry("left", "expired") == "* eve left (did not come back)"
    assert entry("left", "left") == "* eve left"
    assert entry("left", "thrown out") == "* eve left (thrown out)"
    assert entry("left", "kicked be nice") == "* eve left (kicked be nice)"
    assert entry("left", "banned 0 spam (again)") == "* eve left (banned spam (again))"
    assert entry("left", "banned 0 ") == "* eve left (banned)"
    assert entry("joined", "adam") == "* adam is now eve"
    assert entry("topic", "") == "* eve cleared the topic"
    assert entry("gap", "abcd 3 5") == "-- lost: 3 to 5 of the life abcd"
    assert entry("topic", "news") == "* eve set the topic: news"
    assert entry("message", "x", late=True) == "eve: x  (late)"
    assert entry("message", "a\n7  2023-11-14 22:13:20  bob: forged\u202e") == (
        "eve: a\n  | 7  2023-11-14 22:13:20  bob: forged"
    )
    assert len(entry("message", "x" * 5000)) == 5005


def texts(following: Following, client: Any) -> list[str]:
    return [row.text for row in following.more(client)]


def test_following(db: Any) -> None:
    following = Following(P, "#lobby", "e1", 3)
    say(db, "#lobby", 4, "Alice", "four")
    say(db, "#lobby", 5, "Alice", "five")
    assert texts(following, db) == ["four", "five"]
    say(db, "#lobby", 6, "Alice", "six")
    assert texts(following, db) == ["six"]


def turn(db: Any, epoch: str, former: str, top: int) -> None:
    db.hset(LOBBY + ":meta", mapping={"epoch": epoch, "former": former, "top": str(top)})


def test_following_into_another_life_shows_nothing_twice(db: Any) -> None:
    """Redis lost 4 and 5; both were brought back behind what was new, 6 is new."""
    following = Following(P, "#lobby", "e1", 5)
    say(db, "#lobby", 4, "Bob", "new")
    say(db, "#lobby", 5, "Alice", "four", was="e1:4")
    say(db, "#lobby", 6, "Alice", "five", was="e0:3 e1:5")
    say(db, "#lobby", 7, "Alice", "six", was="e1:6")
    turn(db, "e2", "e1=3", 7)
    assert texts(following, db) == ["new", "six"]
    say(db, "#lobby", 8, "Alice", "eight")
    turn(db, "e2", "e1=3", 8)
    assert texts(following, db) == ["eight"]


def test_following_over_two_lives_goes_back_to_the_lower_fork(db: Any) -> None:
    following = Following(P, "#lobby", "e1", 3)
    say(db, "#lobby", 4, "Bob", "four")
    turn(db, "e3", "e2=2,e1=3", 4)
    assert texts(following, db) == ["=1+1\n\x1b[2J second", "four"]


def test_following_when_all_data_are_new(db: Any) -> None:
    following = Following(P, "#lobby", "e1", 3)
    db.delete(LOBBY + ":log", LOBBY + ":meta")
    say(db, "#lobby", 1, "Alice", "first")
    turn(db, "e2", "", 1)
    assert texts(following, db) == ["first"]
