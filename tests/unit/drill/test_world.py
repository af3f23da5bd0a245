"""The cluster of a drill, from outside: it starts whole or not at all, and leaves nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drill.faults.fault import Planned
from drill.faults.registry import FAULTS
from drill.network.rule import Rule
from drill.settings import DrillSettings
from drill.world import CannotRun, World


def left_in(folder: Path) -> list[str]:
    """Processes that work in that folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").readlink()
        except OSError:
            continue
        if place.is_relative_to(folder):
            found.append((process / "cmdline").read_text())
    return found


@pytest.mark.parametrize("redis", ["single", "sentinel"])
def test_it_starts_and_stops_whole(redis_server: str, haproxy: str, tmp_path: Path, redis: str) -> None:
    settings = DrillSettings(out=tmp_path, faults=("disk-full",), nodes=2, redis=redis)
    with World() as world:
        world.start(settings)
        assert [node.ready_code() for node in world.nodes.values()] == [200, 200]
        assert len(world.servers) == 3
        assert world.presence() == {}
        assert world.log_entries("#lobby") == []
        assert world.nodes["n1"].resident() > 1_000_000
        assert world.trouble == ""
    world.stop()
    assert left_in(tmp_path) == []


def test_a_way_is_spoilt_and_restored(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    with World() as world:
        world.start(DrillSettings(out=tmp_path, faults=(), nodes=2))
        world.spoil(7, world.redis.ways, Rule(of="n1", cut=True))
        world.nodes["n1"].wait_ready(404)
        assert world.nodes["n2"].ready_code() == 200
        world.restore(7)
        world.nodes["n1"].wait_ready(200)


def test_a_node_that_ends_by_itself_is_trouble(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    with World() as world:
        world.start(DrillSettings(out=tmp_path, faults=(), nodes=2))
        world.nodes["n2"].kill()
        with pytest.raises(RuntimeError, match="n2 had ended by itself"):
            FAULTS["pause"].begin(world, Planned(1, "pause", 0.0, 1.0, "n2"))
        world.stop()
        assert "n2 had ended by itself" in world.trouble


def test_nodes_that_do_not_start_leave_nothing_and_are_quoted(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    world = World([sys.executable, "-c", "raise SystemExit('no such option')"])
    with pytest.raises(CannotRun, match="no such option"):
        world.start(DrillSettings(out=tmp_path, faults=(), nodes=1))
    assert left_in(tmp_path) == []
    world.stop()


def test_a_missing_redis_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("drill.processes.programs.output_of", lambda *_: "\n")
    with pytest.raises(CannotRun, match="install the Debian package redis-server"):
        World().start(DrillSettings(out=tmp_path, faults=()))


def test_without_a_balancer_people_come_to_the_nodes(
    monkeypatch: pytest.MonkeyPatch, redis_server: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "drill.processes.programs.output_of", lambda *words: "\n" if "haproxy" in words else redis_server
    )
    with World() as world:
        world.start(DrillSettings(out=tmp_path, faults=(), nodes=1))
        assert world.nodes["n1"].ready_code() == 200
    world.stop()
    assert left_in(tmp_path) == []


def test_who_never_started_stops(tmp_path: Path) -> None:
    World().stop()
    assert list(tmp_path.iterdir()) == []
