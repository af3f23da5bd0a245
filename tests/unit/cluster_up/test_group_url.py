"""`--redis` with a Sentinel group: what it may be, and what is said where it is none or can't be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster.operator import cli as redis_cli
from cluster.operator.connect import connect, server_url
from cluster.operator.errors import BadSetting, RedisUnreachable
from hydrachat import cli
from node.settings import BadSetting as BadNodeSetting, NodeSettings
from tests.support.ports import free_port
from tests.unit.cluster.scripted_sentinel import Scripted, Sentinel
from wire import Address

BAD = "redis+sentinel://:secret@h:1,g:x/mymaster/0?sentinel_password=secret"


@pytest.fixture
def gate() -> Iterator[Scripted]:
    with Scripted(Sentinel(("10.0.0.9", 6380))) as made:
        yield made


@pytest.mark.parametrize("command", [["who"], ["nodes"], ["up"], ["redis-cli", "PING"]])
def test_a_bad_one_is_told_with_what_is_allowed(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command[0], "--redis", BAD, *command[1:]]) == 2
    said = capsys.readouterr().err
    assert "sentinel 2 is not given as HOST:PORT" in said
    assert "redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB" in said
    assert "secret" not in said


def test_a_node_says_the_same() -> None:
    def settings(redis: str) -> NodeSettings:
        return NodeSettings(id="n1", listen=Address("h", 1), redis=redis, http=Address("h", 2))

    with pytest.raises(BadNodeSetting, match="sentinel 2 is not given as HOST:PORT; write redis") as told:
        settings(BAD)
    assert "secret" not in str(told.value)
    assert settings("redis+sentinel://h:1,g:2/mymaster/0").redis


def test_commands_go_to_the_master_that_is_named(gate: Scripted) -> None:
    url = f"redis+sentinel://ann:pw@127.0.0.1:{free_port()},{gate.where}/mymaster/2"
    assert server_url(url) == "redis://ann:pw@10.0.0.9:6380/2"
    flags, environment = redis_cli.connection_flags(server_url(url))
    assert flags == ["-h", "10.0.0.9", "-p", "6380", "--user", "ann", "-n", "2"]
    assert environment == {"REDISCLI_AUTH": "pw"}
    assert server_url("redis://h/0") == "redis://h/0"


def test_sentinel_is_told_its_own_password(gate: Scripted) -> None:
    server_url(f"redis+sentinel://ann:pw@{gate.where}/mymaster?sentinel_username=sam&sentinel_password=s%40s")
    assert ["AUTH", "sam", "s@s"] in gate.asked


def test_a_group_that_nobody_answers_for_is_unreachable() -> None:
    url = f"redis+sentinel://:secret@127.0.0.1:{free_port()}/mymaster/0"
    with pytest.raises(RedisUnreachable, match="no sentinel names the master mymaster") as told, connect(url):
        pass
    assert "secret" not in str(told.value)


def test_a_noted_group_that_is_none_is_a_bad_setting() -> None:
    with pytest.raises(BadSetting, match="name of the master"):
        server_url("redis+sentinel://h:1/")
