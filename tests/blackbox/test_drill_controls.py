"""Negative controls: where one safeguard is taken out of the nodes, a short drill finds it. The same drill with whole
nodes finds nothing, or else the controls would prove nothing either."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.history import Kind
from drill.run import Drill, Exit, Progress, Result
from drill.settings import DrillSettings, Times
from drill.world import World

pytestmark = pytest.mark.drill

ROOT = Path(__file__).resolve().parents[2]
TIMES = Times(lease=1.0, grace=4.0, pause=(0.5, 1.5), every=0.8, settle=10.0)


@dataclass(frozen=True)
class Control:
    """`module`: beside tests/support/broken_nodes. `fault`: what provokes it. `rules`: of which one must be broken.
    `long`: of the long tests."""

    module: str
    fault: str
    rules: frozenset[str]
    seconds: float = 9.0
    long: bool = False


CONTROLS = [
    Control("no_idempotence", "half-reply", frozenset({"doubled", "logged_twice"})),
    Control("no_fencing", "reset", frozenset({"put_out", "displaced", "announcements"})),
    Control("no_catch_up", "pubsub-kill", frozenset({"lost"})),
    Control("no_reaping", "kill", frozenset({"announcements", "displaced"})),
    Control("no_terms", "rewind", frozenset({"lost", "clashing"})),
    # A round of a scene takes its time. In each run of the suite they are broken together, see TOGETHER.
    Control("no_password", "reset", frozenset({"usurped"}), 25.0, long=True),
    Control("no_owner_first", "reset", frozenset({"shut_out"}), 25.0, long=True),
    Control("no_mail", "reset", frozenset({"undelivered"}), 25.0, long=True),
    Control("no_name_check", "reset", frozenset({"two_holders"}), 25.0, long=True),
    Control("no_new_name", "reset", frozenset({"misnamed"}), 25.0, long=True),
    Control("no_guards", "reset", frozenset({"trespassed"}), 25.0, long=True),
    Control("no_mutes", "reset", frozenset({"unmuted"}), 25.0, long=True),
    Control("no_leaving", "reset", frozenset({"leaked"}), 25.0, long=True),
    Control("no_handing_over", "reset", frozenset({"two_owners"}), 25.0, long=True),
    Control("no_spending", "reset", frozenset({"spent_taken"}), 25.0, long=True),
    Control("no_open_tokens", "reset", frozenset({"token_refused", "put_out"}), 25.0, long=True),
]
# Those that hide nothing of one another.
TOGETHER = [
    ("no_password", "no_name_check", "no_guards", "no_spending"),
    ("no_owner_first", "no_mail", "no_new_name", "no_mutes", "no_leaving", "no_handing_over", "no_open_tokens"),
]
SCENES_NEED = 25.0
ACTS = {"come", "register", "rename", "join", "guard", "invite", "mute", "remove", "owner", "resume", "copy"}
"""What is asked for in each drill that gives the scenes time: else their rules would hold for nothing."""
FAULTS = sorted({control.fault for control in CONTROLS})


def drilled(
    out: Path, fault: str, command: Sequence[str], seconds: float = 9.0, settle: float = 10.0, seed: int = 3
) -> Result:
    """A small drill of one class of fault. `settle`: what is broken for good is not waited for."""
    times = Times(TIMES.lease, TIMES.grace, TIMES.pause, TIMES.drain, TIMES.every, settle)
    settings = DrillSettings(out, (fault,), seconds, clients=8, rate=100.0, seed=seed, times=times)
    return Drill(settings, _ignore, lambda: World(command)).run()


def _ignore(_: Progress) -> None:
    pass


def broken_node(module: str, *variables: str) -> list[str]:
    """The command of a broken node; the tests are in no environment's path."""
    env = [str(shutil.which("env")), f"PYTHONPATH={ROOT}", *variables]
    return [*env, sys.executable, "-m", f"tests.support.broken_nodes.{module}"]


@pytest.mark.parametrize(
    "control",
    [pytest.param(one, id=one.module, marks=[pytest.mark.long] if one.long else []) for one in CONTROLS],
)
def test_a_safeguard_that_is_missing_is_found(
    control: Control, redis_server: str, haproxy: str, tmp_path: Path
) -> None:
    found_all([control], broken_node(control.module), tmp_path)


@pytest.mark.parametrize("modules", TOGETHER, ids=["accounts", "rooms"])
def test_safeguards_that_are_missing_are_found_together(
    modules: tuple[str, ...], redis_server: str, haproxy: str, tmp_path: Path
) -> None:
    controls = [control for control in CONTROLS if control.module in modules]
    assert len(controls) == len(modules)
    found_all(controls, broken_node("together", f"BROKEN={','.join(modules)}"), tmp_path)


def found_all(controls: Sequence[Control], command: Sequence[str], folder: Path) -> None:
    """Drills until all are found."""
    # Some of them are races, which a busy machine may not lose the first time.
    found: set[str] = set()
    fault, seconds = controls[0].fault, controls[0].seconds
    for seed in (3, 4, 5):
        result = drilled(folder / f"drill-{seed}", fault, command, seconds, settle=3.0, seed=seed)
        assert result.verdict is not None, result.trouble
        found.update(result.verdict.totals)
        if all(control.rules & found for control in controls):
            break

    assert [control.module for control in controls if not control.rules & found] == [], found
    assert result.exit is Exit.BROKEN, f"{result.trouble} {result.not_run}"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.long
def test_with_whole_nodes_nothing_is_found(fault: str, redis_server: str, haproxy: str, tmp_path: Path) -> None:
    seconds = max(control.seconds for control in CONTROLS if control.fault == fault)
    result = drilled(tmp_path / "drill", fault, [sys.executable, "-m", "node"], seconds, settle=30.0)

    assert result.verdict is not None, result.trouble
    assert (result.exit, dict(result.verdict.totals)) == (Exit.KEPT, {}), result.trouble
    if seconds >= SCENES_NEED:
        assert {h.text for h in result.history if h.kind is Kind.ASKED} >= ACTS
