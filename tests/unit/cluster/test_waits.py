"""What a node waits for is told once it has lasted, and not over and over."""

from __future__ import annotations

from cluster.errors import Unavailable
from cluster.waits import AGAIN, PATIENCE, Waits
from tests.support.waiting import wait_until
from tests.unit.cluster.scene import Scene, made, ok


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[tuple[float, str]] = []
        self.waits = Waits(lambda seconds, why: self.told.append((seconds, why)), lambda: self.now)

    def fail(self, why: str, after: float) -> None:
        self.now += after
        self.waits.on(why)


def test_a_moment_is_not_told() -> None:
    clock = Clock()
    clock.fail("away", 0)
    clock.fail("away", PATIENCE - 0.1)
    clock.waits.over()
    clock.fail("away", PATIENCE)
    assert clock.told == []


def test_what_lasts_is_told_after_its_time_with_the_last_reason() -> None:
    clock = Clock()
    clock.fail("away", 0)
    clock.fail("full", PATIENCE)
    assert clock.told == [(PATIENCE, "full")]


def test_the_same_is_told_seldom_and_another_thing_soon() -> None:
    clock = Clock()
    clock.fail("away", 0)
    clock.fail("away", PATIENCE)
    clock.fail("away", AGAIN - 0.1)
    assert len(clock.told) == 1
    clock.fail("away", 0.1)
    assert clock.told[1:] == [(PATIENCE + AGAIN, "away")]
    clock.fail("full", PATIENCE / 2)
    clock.fail("full", PATIENCE / 2)
    assert clock.told[2:] == [(2 * PATIENCE + AGAIN, "full")]


def test_a_publisher_that_gets_nowhere_says_at_what_and_why(scenes: list[Scene]) -> None:
    scene = made(scenes, *[Unavailable("no answer")] * 200)
    scene.recovery.step = "bringing back what was said"
    scene.ask("a")
    scene.start()
    wait_until(lambda: bool(scene.waits), what="that it is told")
    assert scene.waits == ["bringing back what was said: no answer"]


def test_who_waits_for_a_term_to_open_says_for_whom(scenes: list[Scene]) -> None:
    scene = made(scenes, lambda commands: [[b"wait"] for _ in commands], ok)
    scene.recovery.looks = [False] * 60
    scene.ask("a")
    scene.start()
    wait_until(lambda: bool(scene.waits), what="that it is told")
    assert scene.waits[0] == "not all nodes have brought back what they know: n7"
    assert scene.wait_done(1) == ["a"]
