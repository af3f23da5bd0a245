"""Asking sentinels: the newest answer counts, and those that are gone cost little."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cluster import sentinels
from cluster.errors import Unavailable
from cluster.group import parsed
from cluster.newest import FORGOTTEN, Newest
from cluster.sentinels import REST, Sentinels
from tests.unit.cluster.scripted_sentinel import Scripted, Sentinel

OLD, NEW = ("10.0.0.1", 6379), ("10.0.0.2", 6379)


class Scene:
    """Three sentinels, and who asks them by a clock of the test's own, with `patience` seconds for each."""

    def __init__(self, stack: ExitStack, patience: float) -> None:
        self.sentinels = [Sentinel(OLD) for _ in range(3)]
        self.servers = [stack.enter_context(Scripted(each)) for each in self.sentinels]
        self.time = 100.0
        self.group = parsed(f"redis+sentinel://{','.join(server.where for server in self.servers)}/mymaster/0")
        self.newest = Newest()
        self.asking = Sentinels(self.group, patience, lambda: self.time, self.newest)
        stack.callback(self.asking.close)

    def times_asked(self, number: int) -> int:
        """Whatever it was: a silent one hears the first words of each new connection alone."""
        return len(self.servers[number].asked)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sentinels, "LONGEST", 20.0)  # a busy machine is slow, not silent
    with ExitStack() as stack:
        yield Scene(stack, 20.0)


@pytest.fixture
def hasty() -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(stack, 0.3)


def test_the_newest_configuration_counts_wherever_it_stands(scene: Scene) -> None:
    assert scene.asking.master() == OLD
    for newest in range(3):
        scene.sentinels[newest].master, scene.sentinels[newest].epoch = (f"10.0.0.{newest + 2}", 6379), newest + 1
        assert scene.asking.master() == (f"10.0.0.{newest + 2}", 6379)


def test_one_that_is_cut_off_with_the_old_master_is_not_believed_though_it_alone_answers(scene: Scene) -> None:
    for promoted in scene.sentinels[1:]:
        promoted.master, promoted.epoch = NEW, 1
    assert scene.asking.master() == NEW
    for promoted in scene.sentinels[1:]:
        promoted.knows = False
    for _ in range(3):
        scene.time += FORGOTTEN
        assert scene.asking.master() == NEW
    assert Sentinels(scene.group, 20.0, lambda: scene.time, scene.newest).master() == NEW


def test_a_group_that_was_set_up_anew_is_believed_after_a_time(scene: Scene) -> None:
    for sentinel in scene.sentinels:
        sentinel.master, sentinel.epoch = OLD, 7
    assert scene.asking.master() == OLD
    for sentinel in scene.sentinels[:2]:
        sentinel.master, sentinel.epoch = NEW, 0
    scene.sentinels[2].knows = False
    assert scene.asking.master() == OLD
    scene.time += FORGOTTEN
    assert scene.asking.master() == NEW


def test_the_first_being_gone_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 20.0
    monkeypatch.setattr(sentinels, "LONGEST", limit)
    with ExitStack() as stack:
        servers = [stack.enter_context(Scripted(Sentinel(OLD))) for _ in range(2)]
        where = ",".join([f"127.0.0.1:{unanswering(stack)}", *(server.where for server in servers)])
        asking = Sentinels(parsed(f"redis+sentinel://{where}/mymaster/0"), limit)
        stack.callback(asking.close)
        begun = time.monotonic()
        assert asking.master() == OLD
        assert time.monotonic() - begun < limit / 2


def unanswering(stack: ExitStack) -> int:
    """A port at which connecting hangs, as to a machine that is gone: nobody accepts, and the queue is full."""
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    while True:
        caller = stack.enter_context(socket.socket())
        caller.setblocking(False)
        caller.connect_ex(listener.getsockname())
        if not select.select([], [caller], [], 0.2)[1]:
            return int(listener.getsockname()[1])


def test_connections_are_kept_until_they_are_closed(scene: Scene) -> None:
    for _ in range(3):
        scene.asking.master()
    assert [server.connections for server in scene.servers] == [1, 1, 1]
    scene.asking.close()
    assert scene.asking.master() == OLD


def test_any_of_them_may_be_down(scene: Scene) -> None:
    scene.servers[0].__exit__()
    scene.sentinels[1].knows = False
    assert scene.asking.master() == OLD


def test_one_that_is_silent_is_not_asked_again_soon(hasty: Scene) -> None:
    hasty.sentinels[0].silent = True
    assert hasty.asking.master() == OLD
    asked = hasty.times_asked(0)
    for _ in range(20):
        assert hasty.asking.master() == OLD
    assert hasty.times_asked(0) == asked
    hasty.sentinels[0].silent = False
    hasty.time += REST + 0.1
    hasty.asking.master()
    assert hasty.times_asked(0) > asked


def test_when_the_others_fail_who_rested_is_asked_at_once(hasty: Scene) -> None:
    hasty.sentinels[0].silent = True
    hasty.asking.master()
    hasty.sentinels[0].silent = False
    hasty.sentinels[1].silent = hasty.sentinels[2].silent = True
    assert hasty.asking.master() == OLD


def test_that_none_answers_is_told_with_the_reasons(scene: Scene) -> None:
    for sentinel in scene.sentinels:
        sentinel.knows = False
    scene.servers[2].__exit__()
    with pytest.raises(Unavailable, match="no sentinel names the master mymaster") as told:
        scene.asking.master()
    assert str(told.value).count("No such master") == 2
    assert scene.servers[2].where in str(told.value)
