"""`hydrachat join` with a URL, a settings file, variables and options: which one counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from client.chat import ChatClient
from client.command import join
from client.command_line import settings
from client.config import Config
from client.config_keys import sample
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_join_command import PROGRAM, run
from wire.frames import Hello, Join

FILE = 'servers = ["file:1"]\nnick = "filed"\nrooms = ["#file", "#more"]\ntheme = "light"\n'
URL = "hydrachat://urly@url:2/url"
Settled = Callable[..., Config]


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settled:
    """The settings that a command line comes to; keywords are variables."""

    def settle(*arguments: str, **variables: str) -> Config:
        for name, value in variables.items():
            monkeypatch.setenv(f"HYDRACHAT_{name}", value)
        with join.make_context("join", list(arguments)) as ctx:
            return settings(ctx)

    (tmp_path / "c.toml").write_text(FILE)
    monkeypatch.setenv("HYDRACHAT_CONFIG", str(tmp_path / "c.toml"))
    return settle


def short(config: Config) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    return config.servers, config.nick, config.rooms


def test_the_file_counts_where_nothing_else_was_said(settled: Settled) -> None:
    assert settled() == Config(("file:1",), "filed", ("#file", "#more"), "light")


def test_a_variable_goes_before_the_file(settled: Settled) -> None:
    config = settled(SERVER="v:1 w:2", NICK="vary", ROOM="#var")
    assert short(config) == (("v:1", "w:2"), "vary", ("#var",))
    assert config.theme == "light"


def test_several_rooms_may_be_named(settled: Settled) -> None:
    assert short(settled("--room", "#t", "--room", "#u", "--room", "#T"))[2] == ("#t", "#u")
    assert short(settled(ROOM="#v #w"))[2] == ("#v", "#w")


def test_a_room_may_be_named_without_its_sign(settled: Settled) -> None:
    """Which a shell takes for a comment."""
    assert short(settled("--room", "t", "--room", "#T", "--room", "u"))[2] == ("#t", "#u")


def test_no_room_in_the_file_is_none_said(settled: Settled, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("rooms = []\nservers = []")
    assert short(settled("ann"))[2] == ("#lobby",)


def test_what_is_typed_goes_before_variables(settled: Settled) -> None:
    variables = {"SERVER": "v:1", "NICK": "vary", "ROOM": "#var"}
    assert short(settled("typed", "--server", "t:1", "--room", "#t", **variables)) == (("t:1",), "typed", ("#t",))
    assert short(settled(URL, **variables)) == (("url:2",), "urly", ("#url",))
    assert short(settled("hydrachat://url", **variables)) == (("url:7700",), "vary", ("#var",))


def test_each_is_decided_by_itself(settled: Settled) -> None:
    assert short(settled("hydrachat://url", "--room", "#t")) == (("url:7700",), "filed", ("#t",))
    assert short(settled("--room", "#t", NICK="vary")) == (("file:1",), "vary", ("#t",))


def test_a_base_port_says_where_as_servers_do(settled: Settled) -> None:
    here = tuple(f"127.0.0.1:{port}" for port in range(8800, 8804))
    assert settled("--base-port", "8800").servers == here
    assert settled(BASE_PORT="8800").servers == here
    assert settled(SERVER="v:1", BASE_PORT="8800").servers == ("v:1",)
    assert settled("--base-port", "8800", SERVER="v:1").servers == here


def test_a_variable_that_does_not_count_need_not_be_good(settled: Settled) -> None:
    assert settled("ann", NICK="a b").nick == "ann"


@pytest.mark.parametrize(
    ("more", "what"),
    [(["--server", "t:1"], "the servers"), (["--base-port", "8800"], "the servers"), (["--room", "#t"], "the rooms")],
)
def test_a_url_and_an_option_may_not_say_the_same(settled: Settled, more: list[str], what: str) -> None:
    with pytest.raises(click.UsageError, match=f"the URL and the options both name {what}; leave one"):
        settled(URL, *more)


def secured(config: Config) -> tuple[bool, str, str]:
    return config.tls, config.tls_ca, config.tls_name


def test_tls_is_asked_for_by_an_option_a_variable_a_url_or_the_file(settled: Settled, tmp_path: Path) -> None:
    assert secured(settled()) == (False, "", "")
    assert secured(settled("--tls", "--tls-ca", "ca.pem", "--tls-name", "n")) == (True, "ca.pem", "n")
    assert secured(settled("hydrachats://url", "--tls-name", "n")) == (True, "", "n")
    assert secured(settled("hydrachats://url", "--tls")) == (True, "", "")
    (tmp_path / "c.toml").write_text('tls = true\ntls_ca = "/ca.pem"\n')
    assert secured(settled("--tls-name", "n")) == (True, "/ca.pem", "n")
    # A link that somebody sends does not take it away; who types that he wants none gets none.
    assert secured(settled("hydrachat://url")) == (True, "/ca.pem", "")
    assert not settled("--no-tls").tls
    assert secured(settled("hydrachats://url", TLS="0")) == (True, "/ca.pem", "")


@pytest.mark.parametrize("words", [["--tls-ca", "ca.pem"], ["--tls-name", "n"], ["--no-tls", "--tls-name", "n"]])
def test_what_means_nothing_without_tls_is_not_taken_for_tls(settled: Settled, words: list[str]) -> None:
    with pytest.raises(click.UsageError, match="mean nothing without TLS: add --tls"):
        settled("ann", *words)


def test_a_url_with_tls_and_an_option_without_contradict_each_other(settled: Settled) -> None:
    with pytest.raises(click.UsageError, match="the URL asks for TLS and the options for none"):
        settled("hydrachats://url", "--no-tls")


def test_a_file_of_authorities_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name, told in (("ca.pem", "it is no PEM file with a certificate in it"), ("none.pem", "there is no such file")):
        result = invoked("ann", "--server", "127.0.0.1:1", "--tls", "--tls-ca", str(tmp_path / name))
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(join, list(arguments))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("hydrachat://a:secret@b", "no password stands in a URL"),
        ("irc://a@b", "begins with hydrachat://"),
    ],
)
def test_a_bad_url_is_a_usage_error(url: str, told: str) -> None:
    result = invoked(url)
    assert result.exit_code == 2
    assert f"Invalid value for 'URL': {told}" in result.output or told in result.output
    assert "secret" not in result.output


def test_a_bad_settings_file_ends_with_2_and_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('\nnik = "a"\n')
    result = invoked("ann", "--config", str(tmp_path / "bad.toml"))
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {tmp_path}/bad.toml:2: nik: there is no such setting; did you mean nick?")


def test_the_sample_is_printed_whatever_the_settings_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRACHAT_CONFIG", str(tmp_path / "missing.toml"))
    result = invoked("--print-config")
    assert (result.exit_code, result.output) == (0, sample())


def test_a_url_leads_into_its_room() -> None:
    with Loopback(2) as cluster:
        done = run([*PROGRAM, f"hydrachat://urly@{','.join(cluster.servers)}/ops"], "hi\n")
        assert done.returncode == 0, done.stderr
        assert "as urly" in done.stderr
        assert [frame.nick for frame in cluster.heard if isinstance(frame, Hello)] == ["urly"]
        assert [frame.room for frame in cluster.heard if isinstance(frame, Join)] == ["#ops"]


def test_a_settings_file_is_all_that_one_needs_to_type(tmp_path: Path) -> None:
    with Loopback(1) as cluster:
        (tmp_path / "hydrachat").mkdir()
        text = f'servers = ["{cluster.servers[0]}"]\nnick = "filed"\nrooms = ["#art", "#ops"]\n'
        (tmp_path / "hydrachat" / "config.toml").write_text(text)
        done = run(PROGRAM, "hi\n", XDG_CONFIG_HOME=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "as filed" in done.stderr
        assert [frame.room for frame in cluster.heard if isinstance(frame, Join)] == ["#art", "#ops"]


def test_servers_of_the_file_are_tried_in_any_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or else everybody would be on the first one."""
    seen: list[bool] = []

    class Stop(Exception):
        pass

    def made(_: ChatClient, servers: object, nick: str, *, in_order: bool, **more: object) -> None:
        seen.append(in_order)
        raise Stop

    monkeypatch.setattr(ChatClient, "__init__", made)
    (tmp_path / "c.toml").write_text('servers = ["a:1", "b:2"]')
    invoked("ann", "--config", str(tmp_path / "c.toml"))
    invoked("ann")
    assert seen == [False, True]
