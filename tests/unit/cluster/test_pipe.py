"""The pipes' order and patience, with a scripted link: what is asked again, what is told, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from redis.exceptions import NoScriptError, ResponseError

from cluster.errors import ClusterError, Stopped, Unavailable
from cluster.keys import Keys
from cluster.link import Command, Link, Reply
from cluster.pipe import Answer, Request
from cluster.reader import Reader
from cluster.recovery import Pending
from cluster.term import Standing
from tests.support.waiting import wait_until
from tests.unit.cluster.scene import SETTINGS, Loaded, Scene, made, names, ok
from tests.unit.cluster.scripted import ScriptedLink


def test_one_pipeline_in_order_of_submission(scenes: list[Scene]) -> None:
    scene = made(scenes, ok)
    for i in range(20):
        scene.ask(f"r{i}")
    scene.start()
    assert scene.wait_done(20) == [f"r{i}" for i in range(20)]
    assert [names(commands) for commands in scene.link.sent] == [[f"r{i}" for i in range(20)]]
    assert scene.threads == {"pipe"}
    assert scene.told == ["ready", "answers"]


def test_an_unknown_outcome_is_asked_again_before_anything_else(scenes: list[Scene]) -> None:
    scene = made(scenes, Unavailable("cut"), Unavailable("cut again"), ok)
    scene.ask("a")
    scene.ask("b")
    scene.start()
    wait_until(lambda: scene.link.sent)
    scene.ask("c")
    assert scene.wait_done(3) == ["a", "b", "c"]
    assert [names(commands) for commands in scene.link.sent][:3] == [["a", "b"]] * 3
    assert scene.link.opened == 3
    assert scene.told == ["ready", "answers"]  # nothing was lost that was not had yet


def test_what_was_answered_before_the_cut_is_not_asked_again(scenes: list[Scene]) -> None:
    """So that a line which breaks after every few bytes lets things through in the end."""

    def two(commands: Sequence[Command]) -> list[Reply]:
        return ok(commands)[:2]

    scene = made(scenes, two)
    for i in range(7):
        scene.ask(f"r{i}")
    scene.start()
    assert scene.wait_done(7) == [f"r{i}" for i in range(7)]
    assert [names(commands)[0] for commands in scene.link.sent] == ["r0", "r2", "r4", "r6"]


def test_what_was_refused_before_the_cut_goes_before_what_is_unknown(scenes: list[Scene]) -> None:
    def one(commands: Sequence[Command]) -> list[Reply]:
        return [NoScriptError("x")]

    scene = made(scenes, one, ok)
    for i in range(3):
        scene.ask(f"r{i}")
    scene.start()
    assert scene.wait_done(3) == ["r0", "r1", "r2"]


def test_losing_and_having_again_is_told_once_each(scenes: list[Scene]) -> None:
    scene = made(scenes, ok, Unavailable("1"), Unavailable("2"), Unavailable("3"), ok)
    scene.start()
    scene.ask("a")
    scene.wait_done(1)
    scene.ask("b")
    scene.wait_done(2)
    assert scene.told == ["ready", "answers", "lost", "answers"]


def test_stop_tells_everybody_once(scenes: list[Scene]) -> None:
    def full(commands: Sequence[Command]) -> list[Reply]:
        return [ResponseError("OOM command not allowed") for _ in commands]

    scene = made(scenes, full, Unavailable("away"))
    scene.ask("deferred", script="away", lasting=True)
    scene.start()
    wait_until(lambda: scene.link.sent)
    for i in range(600):
        scene.ask(f"r{i}")
    scene.publisher.stop(time.monotonic() + 0.05)
    scene.publisher.stop(time.monotonic() + 60)
    scene.thread.join(5)
    assert not scene.thread.is_alive()
    assert sorted(name for name, _ in scene.done) == sorted(["deferred", *(f"r{i}" for i in range(600))])
    assert all(isinstance(answer, Stopped) for _, answer in scene.done)
    scene.ask("late")
    assert isinstance(scene.done[-1][1], Stopped)


def test_failing_again_and_again_does_not_spin(scenes: list[Scene]) -> None:
    """Even if our failing makes somebody poke us each time."""
    scene = made(scenes, Unavailable("for ever"))
    scene.publisher._events.lost = scene.publisher.poke
    scene.ask("a")
    scene.start()
    wait_until(lambda: len(scene.link.sent) > 3)
    began, count = time.monotonic(), len(scene.link.sent)

    def poke() -> None:
        for _ in range(20_000):
            scene.publisher.poke()

    poker = threading.Thread(target=poke)
    poker.start()
    poker.join(10)
    elapsed = time.monotonic() - began
    assert len(scene.link.sent) - count <= elapsed / 0.02 + 2


def test_an_error_that_cannot_be_named_ends_the_thread_and_tells_all(scenes: list[Scene]) -> None:
    failed: list[BaseException] = []
    scene = made(scenes, ok)

    def run(link: Link, pending: Pending) -> None:
        raise ClusterError("newer")

    scene.recovery.run = run  # type: ignore[method-assign]

    def guarded() -> None:
        try:
            scene.publisher.run()
        except ClusterError as error:
            failed.append(error)

    scene.thread = threading.Thread(target=guarded)
    scene.ask("a")
    scene.start()
    scene.thread.join(5)
    assert isinstance(scene.done[0][1], Stopped)
    assert [str(error) for error in failed] == ["newer"]


def test_a_reader_tells_of_every_failure() -> None:
    standing = Standing(SETTINGS, "boot1", "run:id:nonce")
    doubted: list[str] = []
    answers: list[Answer] = []
    link = ScriptedLink(
        Unavailable("cut"),
        lambda commands: [[b"recover"] for _ in commands],
        lambda commands: [ResponseError("WRONGTYPE x") for _ in commands],
        ok,
    )
    reader = Reader(link, Loaded(standing, Keys("{t}:")), standing, doubted.append)
    thread = threading.Thread(target=reader.run)
    thread.start()
    for count in range(1, 5):
        reader.submit(Request("read", [count], answers.append))
        wait_until(lambda: len(answers) == count)  # noqa: B023
    reader.stop(time.monotonic())
    thread.join(5)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable, Unavailable, list]
    assert doubted == ["run:id:nonce"]
