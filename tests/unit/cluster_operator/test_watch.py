"""`--watch`, `--follow`: as processes, since a person ends them with Ctrl-C."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drill.processes.redis_server import RedisProcess
from tests.support.shown import shown
from tests.unit.cluster_operator.conftest import P, say, settle_in


def test_json_is_an_array_a_line(db: Any, redis_url: str) -> None:
    with shown("who", "--json", "--watch", "0.1", "--redis", redis_url) as watch:
        watch.wait("\n", 2)
        settle_in(db, "s3", "Carol", "n1/b1")
        watch.wait("Carol")
        watch.wait("\n", watch.text.count("\n") + 1)
        assert watch.interrupt() == 130
    arrays = [json.loads(each) for each in watch.text.split("\n")[:-1] if each.strip()]
    assert [row["nick"] for row in arrays[0]] == ["Alice", "Bob"]
    assert [row["nick"] for row in arrays[-1]] == ["Alice", "Bob", "Carol"]


def test_a_terminal_is_drawn_over_and_given_back(db: Any, redis_url: str) -> None:
    with shown("who", "--watch", "0.1", "--redis", redis_url, terminal=True) as watch:
        watch.wait("Alice")
        settle_in(db, "s3", "Carol\x1b[31m", "n1/b1")
        watch.wait("Carol[31m")
        assert watch.interrupt() == 130
        watch.wait("\x1b[?1049l")
    assert watch.text.count("\x1b[?1049h") == 1
    assert watch.text.count("\x1b[2J") <= 1, "it flickers"
    assert "Traceback" not in watch.text


def test_a_screen_that_is_too_low_says_how_many_more(db: Any, redis_url: str) -> None:
    for number in range(100):
        settle_in(db, f"x{number}", f"Z{number:03}", "n1/b1")
    with shown("who", "--watch", "0.1", "--redis", redis_url, terminal=True) as watch:
        watch.wait("… and 78 more")  # of 102, with 6 of 30 lines for the rest
        assert watch.interrupt() == 130
    assert "Z099" not in watch.text


def test_a_terminal_is_given_back_after_a_kill_too(db: Any, redis_url: str) -> None:
    with shown("nodes", "--watch", "--redis", redis_url, terminal=True) as watch:
        watch.wait("serving")
        watch.process.terminate()
        assert watch.process.wait(20) == 143
        watch.wait("\x1b[?1049l")


def test_somebody_who_goes_while_he_is_watched_is_told_and_waited_for(db: Any, redis_url: str) -> None:
    with shown("who", "alice", "--watch", "0.1", "--redis", redis_url, terminal=True) as watch:
        watch.wait("192.0.2.1:5")
        row = db.hgetall(P + "session:s1")
        db.delete(P + "session:s1")
        watch.wait("nobody is called alice; what was there before:")
        db.hset(P + "session:s1", mapping={**row, "address": "192.0.2.77:1"})
        watch.wait("192.0.2.77:1")
        assert watch.interrupt() == 130


def test_an_absence_of_redis_is_told_and_survived(redis_server: str, tmp_path: Path) -> None:
    server = RedisProcess(redis_server, "redis", tmp_path / "own")
    server.start()
    try:
        with server.client() as client:
            settle_in(client, "s1", "Alice", "n1/b1")
        with shown("who", "--watch", "0.1", "--redis", server.url, terminal=True) as watch:
            watch.wait("Alice")
            server.kill()
            watch.wait("can't be used")
            server.start()
            with server.client() as client:
                settle_in(client, "s2", "Bob", "n1/b1")
            watch.wait("Bob")
            assert watch.interrupt() == 130
    finally:
        server.discard()


def test_a_redis_that_is_away_from_the_start_is_3() -> None:
    with shown("nodes", "--watch", "--redis", "redis://127.0.0.1:1/0") as watch:
        assert watch.process.wait(20) == 3
        watch.wait("can't be used")


@pytest.mark.parametrize("flags", [[], ["--json"], ["--csv"]])
def test_following_a_room(flags: list[str], db: Any, redis_url: str) -> None:
    with shown("history", "lobby", "--follow", "--limit", "1", *flags, "--redis", redis_url) as log:
        log.wait("second")
        say(db, "#lobby", 4, "Alice", "four")
        log.wait("four")
        say(db, "#lobby", 5, "Alice", "five")
        log.wait("five")
        assert log.interrupt() == 130
    assert "hello" not in log.text
    assert log.text.count("four") == 1
    if flags == ["--json"]:
        assert [json.loads(each)["offset"] for each in log.text.split("\n") if each.strip()] == [3, 4, 5]
    if flags == ["--csv"]:
        assert log.text.count("room,epoch") == 1


def test_names_of_a_room_that_is_still_empty_can_be_followed(db: Any, redis_url: str) -> None:
    db.delete(P + "room:#lobby:log")
    with shown("history", "lobby", "--follow", "--redis", redis_url) as log:
        say(db, "#lobby", 4, "Alice", "four")
        log.wait("four")


@pytest.mark.parametrize("words", [["history", "lobby", "--follow"], ["nodes", "--watch", "3600"]])
def test_it_ends_when_nobody_reads_it_any_more_though_it_has_nothing_to_write(
    words: list[str], db: Any, redis_url: str
) -> None:
    command = [sys.executable, "-m", "hydrachat", *words, "--redis", redis_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.wait(30) == 141
            assert process.stderr.read() == ""
        finally:
            process.kill()
