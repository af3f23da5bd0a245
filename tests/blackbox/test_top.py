"""`hydrachat top` on a terminal, before a real cluster that is broken under its eyes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.programs import required
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until
from wire.codes import Code

Deploy = Callable[..., Deployment]
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|38|4[0-7]|48|9[0-7])[;m]")


@pytest.fixture(scope="session")
def tmux() -> str:
    """Path of a real tmux."""
    return required("tmux")


def top(tmux: str, cluster: Deployment, *flags: str, extra: dict[str, str] | None = None) -> Terminal:
    words = ["top", "--redis", cluster.redis.url, "--interval", "0.5", *flags]
    return Terminal(tmux, [sys.executable, "-P", "-m", "hydrachat", *words], env=extra)


def line_of(screen: str, name: str) -> list[str]:
    return next(line.split() for line in screen.splitlines() if line.startswith(f"{name} "))


def test_a_node_that_is_killed_is_seen_to_be_lost_and_to_come_back(deploy: Deploy, tmux: str) -> None:
    cluster = deploy(nodes=2, lease=2.0)
    one = cluster.nodes[0]
    with top(tmux, cluster) as view, NativeClient(cluster.nodes[1].address, "ana") as ana:
        ana.enter()
        view.shows("2 serving")
        view.shows("users 1")
        ana.say("hello")
        wait_until(lambda: "ms" in line_of(view.screen, "n2"), what="what n2 tells of itself is shown")
        one.kill()
        shown = view.shows("1 serving, 1 lost")
        assert line_of(shown, "n1")[1] == "lost"
        assert line_of(shown, "n2")[1] == "serving"
        one.start()
        one.wait_ready()
        view.shows("2 serving")
        view.resize(40, 9)
        view.shows("→")
        view.keys("q")
        assert view.ends() == 0


def test_a_node_is_drained_from_the_view(deploy: Deploy, tmux: str) -> None:
    cluster = deploy(nodes=2)
    with top(tmux, cluster) as view:
        view.shows("2 serving")
        view.keys("/")
        view.type("n1")
        view.shows("/n1: 1 of 2")
        view.keys("Enter", "d")
        view.shows("Drain n1?")
        view.keys("n", "d")
        view.shows("Drain n1?")
        view.keys("y")
        view.shows("drain n1: n1 has stopped")
        assert cluster.nodes[0].wait() == 0
        view.keys("Escape")
        view.shows("1 serving")
        assert cluster.nodes[1].ready_code() == 200


def test_a_user_is_kicked_from_the_view(deploy: Deploy, tmux: str) -> None:
    cluster = deploy(nodes=1)
    with top(tmux, cluster, "--view", "users") as view, NativeClient(cluster.nodes[0].address, "ana") as ana:
        ana.enter()
        view.shows("ana")
        view.keys("k")
        view.type("too loud")
        view.keys("Enter")
        view.shows('Kick ana, for the reason "too loud"?')
        assert cluster.presence()
        view.keys("y")
        view.shows("kick ana: ana was kicked")
        assert "too loud" in ana.expect_error(Code.KICKED).text
        wait_until(lambda: not cluster.presence(), what="ana is gone")


def test_redis_goes_away_and_comes_back_and_no_colour_is_used_where_none_is_wanted(deploy: Deploy, tmux: str) -> None:
    cluster = deploy(nodes=1)
    with top(tmux, cluster, extra={"NO_COLOR": "1"}) as view:
        view.shows("1 serving")
        cluster.redis.kill()
        view.shows("Redis away for")
        assert line_of(view.screen, "n1")
        cluster.redis.start()
        view.shows("commands/s")
        view.shows("1 serving")
        assert COLOUR.findall(view.painted) == []
        view.keys("C-c")
        assert view.ends() == 0
