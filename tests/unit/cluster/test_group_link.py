"""A link to a Sentinel group leads to the master, and leaves it when it is none any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cluster import sentinels
from cluster.errors import Unavailable
from cluster.follow import Follow
from cluster.group import parsed
from cluster.link import Link, server_identity
from cluster.sentinels import Sentinels
from tests.support.waiting import wait_until
from tests.unit.cluster.scripted_sentinel import Scripted, Sentinel, Server

REFUSALS = [
    "-READONLY You can't write against a read only replica.\r\n",
    "-ERR Error running script: @user_script:1: -READONLY You can't write against a read only replica.\r\n",
    "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
]


class Scene:
    """Two servers, of which a sentinel names the first; one link."""

    def __init__(self, stack: ExitStack) -> None:
        self.roles = [Server(), Server()]
        self.servers = [stack.enter_context(Scripted(role)) for role in self.roles]
        self.sentinel = Sentinel(self.servers[0].address)
        self.gate = stack.enter_context(Scripted(self.sentinel))
        self.url = f"redis+sentinel://{self.gate.where}/mymaster/0"
        self.link = Link(self.url, 20.0, "test")
        stack.callback(self.link.close)
        self.asking = Sentinels(parsed(self.url), 20.0)
        stack.callback(self.asking.close)

    def promote(self) -> None:
        self.sentinel.master, self.sentinel.epoch = self.servers[1].address, 1

    def echoes(self, number: int) -> int:
        return len([words for words in self.servers[number].asked if words[0] == "ECHO"])


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sentinels, "LONGEST", 20.0)
    with ExitStack() as stack:
        yield Scene(stack)


def test_each_opening_asks_anew(scene: Scene) -> None:
    assert scene.link.socket() is None
    scene.link.open()
    assert scene.link.run([["ECHO", "a"]]) == [b"a"]
    scene.promote()
    scene.link.close()
    scene.link.open()
    assert scene.link.run([["ECHO", "b"]]) == [b"b"]
    assert [scene.echoes(0), scene.echoes(1)] == [1, 1]


def test_a_replica_is_not_taken_for_the_master(scene: Scene) -> None:
    scene.roles[0].role = "slave"
    with pytest.raises(Unavailable, match="is no master"):
        scene.link.open()
    assert not scene.link.is_open
    scene.roles[0].role = "master"
    scene.link.open()


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_demoted_master_is_left_with_all_that_was_asked(scene: Scene, refusal: str) -> None:
    scene.link.open()
    scene.roles[0].refusal = refusal
    with pytest.raises(Unavailable):
        scene.link.run([["ECHO", "a"], ["ECHO", "b"]])
    assert not scene.link.is_open


def test_without_a_sentinel_it_is_unavailable(scene: Scene) -> None:
    scene.sentinel.knows = False
    with pytest.raises(Unavailable, match="no sentinel names"):
        scene.link.open()


def test_who_only_listens_to_a_former_master_is_woken(scene: Scene) -> None:
    """Its connection still stands: nothing else would tell it."""
    scene.link.open()
    beat = Link(scene.url, 20.0, "beat")
    follow = Follow(scene.asking, [scene.link, beat], server_identity)
    told: list[Unavailable] = []

    def listen() -> None:
        try:
            scene.link.read_value()
        except Unavailable as error:
            told.append(error)

    listening = threading.Thread(target=listen)
    listening.start()
    beat.open()
    assert follow.identity(beat) == "r:m"
    assert listening.is_alive()
    scene.promote()
    with pytest.raises(Unavailable):
        follow.identity(beat)
    listening.join(10)
    assert len(told) == 1
    beat.open()
    assert follow.identity(beat) == "r:m"
    wait_until(lambda: scene.servers[0].connections == 0, what="nobody is at the former master")
    beat.close()


def test_silent_sentinels_cost_no_working_connection(scene: Scene) -> None:
    scene.link.open()
    follow = Follow(scene.asking, [scene.link], server_identity)
    scene.sentinel.knows = False
    assert follow.identity(scene.link) == "r:m"
    assert scene.link.run([["ECHO", "a"]]) == [b"a"]
