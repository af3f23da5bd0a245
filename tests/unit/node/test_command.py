"""Settings, the command line, the log, the HTTP pages."""

from __future__ import annotations

import errno
import http.client
import importlib
import io
import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from hydrachat.cli import COMMANDS
from node import logs, real
from node.command import node as command
from node.logs import Boot, open_log
from node.process import allow_many_descriptors
from node.real import open_node
from node.settings import BadSetting, NodeSettings
from node.variables import mistyped
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import HERE, running

VALID: dict[str, Any] = {"id": "n1", "listen": HERE, "redis": "redis://127.0.0.1:1/0", "http": HERE}


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("id", "a b", "A-Z"),
        ("id", "", "A-Z"),
        ("redis", "127.0.0.1:6379", "redis://"),
        ("prefix", "chat:", "{hydrachat}"),
        ("prefix", "{}:", "{hydrachat}"),
        ("advertise", "here", "HOST:PORT"),
        ("lease", 0, "3600"),
        ("lease", float("nan"), "3600"),
        ("grace", -1, "86400"),
        ("history", 201, "200"),
        ("retain", 0, "10"),
        ("log_format", "xml", "human or json"),
        ("log_level", "loud", "info or debug"),
        ("listen_proxy", "127.0.0.1:0", "--proxy-from"),
    ],
)
def test_a_bad_setting_names_itself_its_value_and_what_is_allowed(setting: str, value: object, allowed: str) -> None:
    with pytest.raises(BadSetting) as caught:
        NodeSettings(**{**VALID, setting: value})
    text = str(caught.value)
    assert setting.replace("_", "-") in text
    assert repr(value) in text
    assert allowed in text


@pytest.mark.parametrize("setting", ["proxy_from", "exempt"])
@pytest.mark.parametrize("bad", ["here", "10.0.0.0/33", "10.0.0.1:7700", ""])
def test_a_bad_network_is_named(setting: str, bad: str) -> None:
    with pytest.raises(BadSetting, match=f"{setting.replace('_', '-')}: '{bad}' is not allowed; write networks"):
        NodeSettings(**{**VALID, setting: ("192.0.2.0/24", bad)})


@pytest.mark.parametrize(
    ("words", "environ", "networks"),
    [
        ([], {}, ()),
        (["--proxy-from", "10.0.0.0/8, ::1"], {}, ("10.0.0.0/8", "::1")),
        (["--proxy-from", "10.0.0.0/8", "--proxy-from", "::1,192.0.2.1"], {}, ("10.0.0.0/8", "::1", "192.0.2.1")),
        ([], {"HYDRACHAT_PROXY_FROM": "10.0.0.0/8,::1"}, ("10.0.0.0/8", "::1")),
        (["--proxy-from", "::1"], {"HYDRACHAT_PROXY_FROM": "10.0.0.0/8"}, ("::1",)),
    ],
)
def test_networks_come_with_commas_between_or_one_by_one(
    words: list[str], environ: dict[str, str], networks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[NodeSettings] = []
    monkeypatch.setattr("node.command._run", told.append)
    result = CliRunner().invoke(command, [*ARGUMENTS, *words, "--exempt", ""], env=environ)
    assert result.exit_code == 0, result.output
    assert told[0].proxy_from == networks
    assert told[0].exempt == ()
    result = CliRunner().invoke(command, [*ARGUMENTS, "--proxy-from", "::1,nowhere"])
    assert result.exit_code == 2
    assert "--proxy-from" in result.output
    assert "'nowhere' is not allowed" in " ".join(result.output.split())


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(BadSetting) as caught:
        NodeSettings(**{**VALID, "redis": "http://user:secret@host/0"})
    assert "secret" not in str(caught.value)


ARGUMENTS = ["--id", "n1", "--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:1", "--http", "127.0.0.1:0"]


def test_help_has_an_example_and_a_bad_value_is_usage() -> None:
    run = CliRunner().invoke
    shown = run(command, ["--help"])
    assert shown.exit_code == 0
    assert "hydrachat node --id n1 --listen" in shown.output
    for option in (
        "--advertise",
        "--listen-proxy",
        "--proxy-from",
        "--exempt",
        "--prefix",
        "--lease",
        "--grace",
        "--history",
        "--retain",
        "--log-format",
        "--log-level",
    ):
        assert option in shown.output
    for bad in (["--lease", "0"], ["--listen", "nowhere"], ["--log-format", "xml"]):
        result = run(command, [*ARGUMENTS, *bad])
        assert result.exit_code == 2
        assert bad[1] in result.output
    result = run(command, ARGUMENTS, env={"HYDRACHAT_RETAIN": "0"})
    assert result.exit_code == 2
    assert "0 is not in the range 1<=x<=10000000" in result.output


def test_a_password_on_the_command_line_is_warned_of_in_the_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real, "Node", lambda *_: None)  # nothing is bound: the log alone is in question
    settings = NodeSettings(**{**VALID, "redis": "redis://:hush@127.0.0.1:1", "log_format": "json"})
    for exposed in (True, False):
        open_node(replace(settings, is_password_exposed=exposed))
        said = capsys.readouterr().err
        assert ('"password_exposed"' in said) == exposed
        assert "hush" not in said


def test_a_mistyped_variable_is_told_with_the_one_that_is_meant(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[NodeSettings] = []
    monkeypatch.setattr("node.command._run", told.append)
    monkeypatch.setattr(real, "Node", lambda *_: None)
    CliRunner().invoke(command, ARGUMENTS, env={"HYDRACHAT_GRAEC": "3", "HYDRACHAT_REDIS_PASSWORD": "hush"})
    open_node(told[0])
    said = capsys.readouterr().err
    assert said.count("unknown_variable") == 1
    assert "HYDRACHAT_GRAEC is no setting; is HYDRACHAT_GRACE meant?" in said


def test_no_variable_of_any_command_is_taken_for_a_mistyped_one() -> None:
    ours = _variables(command)
    assert {"HYDRACHAT_GRACE", "HYDRACHAT_REDIS"} <= ours
    others = [getattr(importlib.import_module(module), name) for module, name, _ in COMMANDS.values()]
    assert mistyped(set().union(*map(_variables, others)), ours) == []
    assert mistyped(["HYDRACHAT_REDIS_PASSWORD", "HYDRACHAT_ACCESS_PASSWORD", "GRAEC"], ours) == []


def _variables(of: click.Command) -> set[str]:
    return {param.envvar for param in of.params if isinstance(param.envvar, str)}


def test_only_a_password_that_stands_on_the_command_line_is_exposed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, bool]] = []

    def run(settings: NodeSettings) -> int:
        told.append((settings.redis, settings.is_password_exposed))
        return 0

    monkeypatch.setattr("node.command._run", run)
    url = "redis://:hush@127.0.0.1:1"
    CliRunner().invoke(command, [*ARGUMENTS, "--redis", url])
    without = ARGUMENTS[:4] + ARGUMENTS[6:]
    CliRunner().invoke(command, without, env={"HYDRACHAT_REDIS": url})
    CliRunner().invoke(command, ARGUMENTS, env={"HYDRACHAT_REDIS_PASSWORD": "hush", "HYDRACHAT_REDIS_USER": "n"})
    assert told == [(url, True), (url, False), ("redis://n:hush@127.0.0.1:1", False)]


def test_a_port_in_use_is_one_clear_line() -> None:
    with running(FakeCluster(Store())) as node:
        result = CliRunner().invoke(command, [*ARGUMENTS, "--listen", str(node.address)])
        assert result.exit_code == 2
        assert str(node.address) in result.output
        assert "in use" in result.output


def test_nothing_heavy_is_imported_to_read_the_command_line() -> None:
    code = "import sys, node.command; print('redis' in sys.modules, 'structlog' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert found.stdout.split() == ["False", "False"]


def test_both_log_formats() -> None:
    stream = io.StringIO()
    open_log("n1", "json", stream).info("joined", nick="żółw", room="#lobby")
    line = json.loads(stream.getvalue())
    assert list(line) == ["ts", "level", "event", "node", "nick", "room"]
    stream = io.StringIO()
    boot = Boot()
    boot.ask = lambda: "b00t"
    log = open_log("n1", "json", stream, boot=boot)
    log.debug("said", n=1)
    log.info("joined", nick="ana", log="#lobby")
    assert list(json.loads(stream.getvalue()).items())[2:4] == [("event", "joined"), ("node", "n1")]
    assert json.loads(stream.getvalue())["boot"] == "b00t"
    stream = io.StringIO()
    open_log("n1", "human", stream, boot=boot).warning("broken", reason="went\naway")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "warning n1   broken reason='went\\naway'" in text


def test_metrics_and_unknown_pages() -> None:
    with running(FakeCluster(Store())) as node:
        link = http.client.HTTPConnection(*node.http, timeout=5)
        link.request("GET", "/metrics")
        answer = link.getresponse()
        body = answer.read().decode()
        assert answer.status == 200
        assert 'hydrachat_connections{dialect="native"} 0.0' in body
        link.request("GET", "/nothing")
        assert link.getresponse().status == 404
        link.close()


class Broken(io.StringIO):
    """As a pipe whose reader has died, or a file on a full disk."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(errno.EPIPE, "nobody reads")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "disk full")


def test_a_log_that_can_not_be_written_is_passed_over() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (Broken(), closed):
        open_log("n1", "json", stream).error("error", reason="whatever")


def test_some_descriptors_are_kept_from_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    for limits, room in (((1024, 1024), 960), ((256, 100_000), 19_936), ((80, 80), 40)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
        assert allow_many_descriptors() == room


def test_a_reader_of_the_log_that_stands_still_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PATIENCE", 0.01)
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    with open(ours, "rb") as reader, open(theirs, "w", encoding="utf-8") as stream:  # noqa: PTH123 - descriptors
        log = open_log("n1", "json", stream)
        for number in range(5000):  # more than a pipe holds
            log.info("joined", number=number, long="x" * (5000 if number % 50 == 1 else 50))
        read = reader.read()
        log.info("left")
        first, *lines = (read + reader.read()).splitlines()
    assert json.loads(first)["number"] == 0
    lost, last = (json.loads(line) for line in lines[-2:])
    assert (lost["event"], last["event"]) == ("log_lost", "left")
    assert len(lines) + lost["lines"] in (5001, 5002)  # one may have been cut in the middle
    assert all(line.endswith(b"}") for line in lines[:-3])


def test_what_could_not_be_logged_changes_no_exit_code() -> None:
    """A line that met a reader who had just gone is still in the stream."""
    program = """
import os, sys
from node.logs import let_go
reader, writer = os.pipe()
os.dup2(writer, 2)
os.close(writer), os.close(reader)
try:
    print("a line", file=sys.stderr, flush=True)
except BrokenPipeError:
    pass
let_go(sys.stderr)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0
