"""`nodes`, `who`, `rooms`, `redis-cli` on a real Redis that holds data of each kind."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from typing import Any

import pytest
import redis

from cluster.operator import connect, minicli
from cluster.operator.cli import connection_flags
from cluster.operator.read import glob_escaped
from cluster.operator.text import harmless
from cluster.up import programs
from hydrachat import cli
from tests.support.ports import free_port

P = "{hydrachat}:"


def fill(client: Any, prefix: str = P) -> None:
    now = int(time.time() * 1000)
    client.hset(prefix + "term", mapping={"term": "t", "lease": "5000"})
    client.zadd(prefix + "nodes", {"n2/b2": now - 60_000, "n1/b1": now})
    node = {"id": "n1", "boot": "b1", "address": "127.0.0.1:7701", "state": "serving", "clients": "2"}
    client.hset(prefix + "node:n1/b1", mapping=node)
    here = {"nick": "Zoë 🦑", "node": "n1/b1", "state": "here", "rooms": "#lobby,#ops", "since": "1700000000000"}
    client.hset(prefix + "session:s1", mapping=here)
    client.hset(prefix + "session:s2", mapping={"nick": "\x1b]0;bob\x07", "node": "n1", "state": "away"})
    client.hset(prefix + "session:s1:outcomes", mapping={"1": "x"})
    client.set(prefix + "session:counter", "1")
    client.sadd(prefix + "rooms", "#lobby")
    client.hset(prefix + "room:#lobby:members", mapping={"s1": "Zoë 🦑", "s2": "bob"})
    client.hset(prefix + "room:#lobby:meta", mapping={"epoch": "e", "top": "815"})


@pytest.fixture
def filled(redis_url: str) -> str:
    with redis.Redis.from_url(redis_url) as client:
        fill(client)
        fill(client, "{hydrachax}:")
    return redis_url


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run(arguments) == 0
    return capsys.readouterr().out


def test_nodes(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "nodes", "--redis", filled, "--json"))
    assert [(row["node"], row["alive"], row["state"], row["clients"]) for row in rows] == [
        ("n1", True, "serving", 2),
        ("n2", False, "unknown", 0),
    ]
    table = answer(capsys, "nodes", "--redis", filled).splitlines()
    assert table[0].split() == ["node", "address", "state", "clients", "heartbeat", "version", "http"]
    assert "serving" in table[1]
    assert "lost" in table[2]


def test_who(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "who", "--redis", filled, "--json"))
    assert [row["session"] for row in rows] == ["s2", "s1"]
    assert rows[1]["nick"] == "Zoë 🦑"
    assert (rows[1]["node"], rows[1]["rooms"]) == ("n1", ["#lobby", "#ops"])
    assert (rows[1]["since"], rows[1]["until"]) == (1700000000000, 0)


def test_escapes_never_reach_the_terminal(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(capsys, "who", "--redis", filled) + answer(capsys, "who", "--redis", filled, "--json")
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_rooms(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "rooms", "--redis", filled, "--json"))
    lobby = {"room": "#lobby", "members": 2, "top": 815, "epoch": "e", "entries": 0, "last": 0, "topic": ""}
    assert rows == [{**lobby, "owner": "", "guards": []}]
    assert "815" in answer(capsys, "rooms", "--redis", filled)


def test_a_prefix_that_no_node_can_have_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["who", "--prefix", "chat:"]) == 2
    assert "'chat:' is not allowed; write a hash tag" in capsys.readouterr().err


def test_an_empty_redis_is_an_empty_answer(redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("nodes", "who", "rooms"):
        assert json.loads(answer(capsys, name, "--redis", redis_url, "--json")) == []
        answer(capsys, name, "--redis", redis_url)


def test_a_prefix_stands_for_itself(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "who", "--redis", filled, "--prefix", "{hydracha?}:", "--json"))
    assert rows == []
    assert glob_escaped("a*[b]?\\") == "a\\*\\[b\\]\\?\\\\"


@pytest.mark.parametrize("name", ["nodes", "who", "rooms"])
def test_an_unreachable_redis_is_one_line_and_3(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRACHAT_REDIS", f"redis://:secret@127.0.0.1:{free_port()}/0")
    assert cli.run([name]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "secret" not in said


def test_the_variable_names_redis_and_the_flag_goes_before_it(
    filled: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRACHAT_REDIS", filled)
    assert json.loads(answer(capsys, "rooms", "--json"))
    assert cli.run(["rooms", "--redis", f"redis://127.0.0.1:{free_port()}/0"]) == 3


def run_cli(*arguments: str, lines: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-m", "hydrachat", "redis-cli", *arguments]
    return subprocess.run(words, capture_output=True, timeout=30, check=False, input=lines)


def test_redis_cli_hands_everything_on(filled: str) -> None:
    done = run_cli("--redis", filled, "-n", "0", "HGET", P + "session:s1", "nick")
    assert done.stdout == "Zoë 🦑\n".encode()
    assert run_cli("--redis", filled, "ECHO", "--redis").stdout == b"--redis\n"


def test_redis_cli_without_redis_is_one_line_beside_the_warning_and_3() -> None:
    done = run_cli("--redis", f"redis://:secret@127.0.0.1:{free_port()}/0", "PING", lines=b"PING\n")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"Warning: ")
    assert done.stderr.count(b"\n") == 2
    assert b"secret" not in done.stderr


def test_the_small_redis_cli_without_redis_is_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cluster.operator.cli.find_cli", lambda: None)
    assert cli.run(["redis-cli", "--redis", f"redis://127.0.0.1:{free_port()}/0", "PING"]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_redis_cli_reads_what_is_piped_into_it(filled: str) -> None:
    assert run_cli("--redis", filled, lines=b"PING\nECHO x\n").stdout == b"PONG\nx\n"


def test_redis_cli_that_is_sent_elsewhere_is_not_kept_from_it(filled: str) -> None:
    if programs.find_cli() is None:
        pytest.skip("the small redis-cli goes nowhere else")
    port = filled.rpartition(":")[2].partition("/")[0]
    done = run_cli("--redis", f"redis://127.0.0.1:{free_port()}/0", "-p", port, "PING")
    assert (done.returncode, done.stdout) == (0, b"PONG\n")


def test_a_redis_that_refuses_us_is_there(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("requirepass", "secret")
    connect.reach(redis_url)
    connect.reach(redis_url.replace("://", "://:wrong@"))


def test_redis_cli_keeps_the_password_out_of_ps() -> None:
    flags, environment = connection_flags("rediss://ann:p%40w@h:7/3")
    assert flags == ["-h", "h", "-p", "7", "--tls", "--user", "ann", "-n", "3"]
    assert environment == {"REDISCLI_AUTH": "p@w"}
    secured, _ = connection_flags("rediss://h:7/0?ssl_ca_certs=%2Fca.pem&ssl_certfile=c.pem&ssl_cert_reqs=none")
    assert secured[4:] == ["--tls", "--cacert", "/ca.pem", "--cert", "c.pem", "--insecure", "-n", "0"]
    assert connection_flags("unix:///run/r.sock?db=2") == (["-s", "/run/r.sock", "-n", "2"], {})


def test_the_small_redis_cli_prints_as_the_real_one(filled: str, capfd: pytest.CaptureFixture[str]) -> None:
    key = P + "room:#lobby:meta"
    for command in (["HGETALL", key], ["LRANGE", "none", "0", "1"], ["GET", "none"], ["DBSIZE"], ["XINFO"]):
        ours_code = minicli.run(filled, command)
        ours = capfd.readouterr().out.rstrip("\n")
        real = run_cli("--redis", filled, *command)
        assert ours_code == (1 if command == ["XINFO"] else 0)
        if ours_code == 0:
            assert ours == real.stdout.decode().rstrip("\n")


def test_the_small_redis_cli_numbers_and_quotes_on_a_terminal() -> None:
    reply = [b"a\x1b", 1, None, [b"x", []], "Zoë\n".encode()]
    assert minicli.formatted(reply).splitlines() == [
        '1) "a\\x1b"',
        "2) (integer) 1",
        "3) (nil)",
        '4) 1) "x"',
        "   2) (empty array)",
        '5) "Zoë\\n"',
    ]


def test_the_small_redis_cli_reads_lines(
    filled: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("PING\n\nECHO 'a b'\nNO SUCH\nquit\nPING\n"))
    assert minicli.run(filled, []) == 1
    assert capfd.readouterr().out.splitlines()[:2] == ["PONG", "a b"]


def test_a_table_on_a_terminal(filled: str) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "hydrachat", "who", "--redis", filled]
    done = subprocess.run(words, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, timeout=30, check=False)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "Zoë 🦑" in shown
    assert "\x1b]0" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ok", "ok"), ("a\x1b[2Jb", "a[2Jb"), ("a\u202eb", "ab"), ("👩\u200d💻", "👩\u200d💻"), ("x\u2028y", "xy")],
)
def test_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown
