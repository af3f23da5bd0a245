"""As whom a command talks to Redis: the options, their variables, and what is warned of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import redis
from click.testing import CliRunner, Result

from cluster.operator.login import EXPOSED, signed
from hydrachat import cli
from tests.support.programs import required
from tests.support.redis_process import running

PASSWORD = "sésam/öffne dich"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis that asks the default user and `bob` for that password."""
    with running(required("redis-server"), tmp_path_factory.mktemp("guarded")) as url:
        with redis.Redis.from_url(url) as admin:
            admin.execute_command("ACL", "SETUSER", "bob", "on", f">{PASSWORD}", "~*", "&*", "+@all")
            admin.execute_command("ACL", "SETUSER", "default", "resetpass", f">{PASSWORD}")
        yield url


def run(*words: str, **env: str) -> Result:
    return CliRunner().invoke(cli.hydrachat, words, env=env, standalone_mode=False)


def test_a_password_comes_from_a_variable_a_file_or_the_url(guarded: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    ways: list[tuple[list[str], dict[str, str]]] = [
        ([], {"HYDRACHAT_REDIS_PASSWORD": PASSWORD}),
        (["--redis-password-file", str(file)], {}),
        ([], {"HYDRACHAT_REDIS_PASSWORD_FILE": str(file)}),
        (["--redis-user", "bob", "--redis-password-file", str(file)], {"HYDRACHAT_REDIS_PASSWORD": "not this one"}),
        ([], {"HYDRACHAT_REDIS_USER": "bob", "HYDRACHAT_REDIS_PASSWORD": PASSWORD}),
    ]
    for flags, env in ways:
        done = run("nodes", "--redis", guarded, *flags, **env)
        assert done.exception is None, (flags, env, done.exception)
        assert "Warning" not in done.output
    assert run("nodes", "--redis", guarded).exception is not None


@pytest.mark.parametrize("command", ["nodes", "doctor", "kick", "top"])
def test_a_wrong_password_is_told_but_never_shown(guarded: str, command: str) -> None:
    words = [command, *(["ann"] if command == "kick" else ["--once"] if command == "top" else [])]
    done = run(*words, "--redis", guarded, HYDRACHAT_REDIS_PASSWORD="wr0ng/pass")
    assert isinstance(done.exception, click.ClickException)
    assert done.exception.exit_code == 3
    assert "wr0ng" not in done.exception.format_message() + done.output


def test_a_password_on_the_command_line_is_warned_of(guarded: str) -> None:
    url = guarded.replace("://", "://:wr0ng@")
    assert EXPOSED in run("nodes", "--redis", url).output
    assert "wr0ng" not in run("nodes", "--redis", url).output
    assert EXPOSED not in run("nodes", HYDRACHAT_REDIS=url).output
    assert EXPOSED not in run("nodes", "--redis", guarded).output


def test_a_file_that_is_none_is_usage(tmp_path: Path) -> None:
    done = run("who", "--redis-password-file", str(tmp_path / "gone"))
    assert isinstance(done.exception, click.BadParameter)
    assert "No such file" in done.exception.format_message()


def test_without_a_command_only_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRACHAT_REDIS_PASSWORD", "a b")
    assert signed("redis://h/0") == "redis://:a%20b@h/0"
