"""A short drill: every class of fault that fits, mixed, and no promise is broken; and the command itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from drill.history import Kind, load
from drill.processes import programs
from drill.processes.former import CHECKOUT, found
from drill.processes.programs import CannotRun
from drill.run import Drill, Exit, Progress, Result
from drill.settings import DrillSettings, Times

pytestmark = pytest.mark.drill

TIMES = Times(pause=(0.5, 3.0), drain=2.0, every=1.0, settle=60.0)
# Known faults in docs/failures.md: losses that follow each other within three seconds, on a machine that is slow.
APART = replace(TIMES, every=5.0)
NODES = (
    "kill",
    "pause",
    "drain",
    "rolling",
    "reset",
    "half-open",
    "cut-redis",
    "cut-balancer",
    "cut-clients",
    "slow",
    "balancer-restart",
)
PIPES = ("half-reply", "pubsub-kill", "pubsub-overflow", "client-pause", "script-flush")
AWAY = ("redis-kill", "redis-freeze", "oom", "disk-full")
LOSING = ("rewind", "empty", "flushall")


def _ignore(_: Progress) -> None:
    pass


def drilled(out: Path, faults: tuple[str, ...], seconds: float, seed: int) -> Result:
    times = APART if faults is LOSING else TIMES
    settings = DrillSettings(out, faults, seconds, clients=12, rate=100.0, seed=seed, times=times)
    return Drill(settings, _ignore).run()


# Seeds with which each class has its turn early.
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("faults", "seed"), [(NODES, 31), (PIPES, 22), (AWAY, 8), (LOSING, 1)], ids=["nodes", "pipes", "away", "losing"]
)
def test_a_short_drill_keeps_all_promises(
    faults: tuple[str, ...], seed: int, redis_server: str, haproxy: str, tmp_path: Path
) -> None:
    had = kept(tmp_path / "short", faults, 25.0, seed)
    if had != set(faults):
        had = kept(
            tmp_path / "longer", faults, 60.0, seed
        )  # on a slow machine some take so long that others get no turn
    assert had == set(faults)


def kept(folder: Path, faults: tuple[str, ...], seconds: float, seed: int) -> set[str]:
    """The classes that had their turn, or that this machine can't inject, which says so."""
    result = drilled(folder, faults, seconds, seed)
    assert result.verdict is not None, result.trouble
    assert not result.trouble
    told = "\n".join(f"{each.rule}: {each.text}" for each in result.verdict.broken[:20])
    assert not told, f"{dict(result.verdict.totals)}\n{told}"
    missing = set(result.not_run)
    assert result.exit is (Exit.CANNOT if missing else Exit.KEPT), result.not_run
    assert (folder / "report.html").is_file()
    return missing | {happening.to for happening in result.history if happening.kind is Kind.FAULT}


def test_without_haproxy_people_come_to_the_nodes(
    redis_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise CannotRun("haproxy is missing")

    monkeypatch.setattr(programs, "haproxy", missing)
    result = drilled(tmp_path / "drill", ("kill", "cut-balancer", "balancer-restart"), 6.0, 3)
    assert result.verdict is not None, result.trouble
    assert (result.exit, result.trouble) == (Exit.CANNOT, ""), result.verdict.broken[:20]
    assert result.verdict.kept
    assert result.not_run == dict.fromkeys(("cut-balancer", "balancer-restart"), "haproxy is missing")
    assert "kill" in {happening.to for happening in result.history if happening.kind is Kind.FAULT}


@pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="no checkout, so no earlier version")
def test_nodes_of_two_versions_keep_all_promises(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    settings = DrillSettings(
        tmp_path / "drill", ("upgrade",), 20.0, clients=12, rate=100.0, seed=11, times=TIMES,
        upgrade_from=found("") or "HEAD",
    )  # fmt: skip
    result = Drill(settings, _ignore).run()
    assert result.verdict is not None, result.trouble
    assert (result.exit, result.trouble) == (Exit.KEPT, ""), result.verdict.broken[:20]
    assert Kind.HEALED in {happening.kind for happening in result.history}


def _command(*words: str, cwd: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "hydrachat", "drill", *words]
    return subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_drills_and_judges_again(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    words = ["--minutes", "0.1", "--faults", "kill", "--clients", "4", "--rate", "50", "--seed", "2", "--out", "here"]
    with _command(*words, cwd=tmp_path) as drill:
        out, err = drill.communicate(timeout=100)
    assert drill.returncode == Exit.KEPT, out + err
    assert "seed 2" in err
    assert "report.html" in out
    assert {path.name for path in (tmp_path / "here").iterdir()} >= {"history.jsonl", "report.html", "n1", "redis"}
    with _command("check", "here/history.jsonl", cwd=tmp_path) as again:
        out, err = again.communicate(timeout=60)
    assert again.returncode == Exit.KEPT, out + err
    with _command(*words, cwd=tmp_path) as third:
        _, err = third.communicate(timeout=60)
    assert third.returncode == Exit.USAGE
    assert "--out" in err


def test_ctrl_c_ends_all_in_order(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    with _command("--faults", "pause", "--clients", "4", "--rate", "50", "--out", "here", cwd=tmp_path) as drill:
        assert drill.stderr is not None
        for line in drill.stderr:
            if "breaking things" in line:
                break
        os.kill(drill.pid, signal.SIGINT)
        _, err = drill.communicate(timeout=100)
    assert drill.returncode == Exit.INTERRUPTED, err
    history = load(tmp_path / "here" / "history.jsonl")
    assert history[0].kind is Kind.RUN
    assert any(happening.kind is Kind.ENTERED for happening in history)
    assert not _processes_in(tmp_path)


def _processes_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue  # it is another's, or has ended
    return found
