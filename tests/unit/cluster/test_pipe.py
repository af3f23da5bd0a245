"""The pipes' order and patience, with a scripted link: what is asked again, what is told, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from redis.exceptions import NoScriptError, ResponseError

from cluster.calls import Caller
from cluster.errors import ClusterError, Fenced, LeaseLost, Stopped, Unavailable
from cluster.fresh import Fresh
from cluster.keys import Keys
from cluster.link import Command, Link, Reply
from cluster.pipe import Answer, Request
from cluster.publisher import Publisher, PublisherEvents
from cluster.reader import Reader
from cluster.recovery import Pending, Recovery
from cluster.settings import ClusterSettings
from cluster.term import Standing
from tests.support.waiting import wait_until
from tests.unit.cluster.scripted import Answering, ScriptedLink

SETTINGS = ClusterSettings("n1", "redis://127.0.0.1:1/0")


class StillRecovery(Recovery):
    """Finds everything in order, and counts how often it was asked."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.fresh = Fresh()
        self.server = "run:id"
        self.runs: list[Pending] = []
        self.registrations: list[str] = []

    def look(self, link: Link) -> None:
        pass

    def run(self, link: Link, pending: Pending) -> None:
        self.runs.append(pending)
        self.standing.term = f"run:id:nonce{len(self.runs)}"
        self.standing.registered = self.standing.boot

    def register(self, link: Link) -> None:
        self.registrations.append(self.standing.boot)
        self.standing.registered = self.standing.boot


class Loaded(Caller):
    def load_scripts(self, link: Link) -> None:
        pass


class Scene:
    """A publisher on a scripted link, and what it told."""

    def __init__(self, *answers: Answering | Exception) -> None:
        self.standing = Standing(SETTINGS, "boot1")
        self.link = ScriptedLink(*answers)
        self.recovery = StillRecovery(self.standing)
        self.told: list[str] = []
        self.done: list[tuple[str, Answer]] = []
        self.threads: set[str] = set()
        events = PublisherEvents(*(self._teller(word) for word in ("lost", "answers", "ready", "new boot")))
        caller = Loaded(self.standing, Keys("{t}:"))
        self.publisher = Publisher(self.link, caller, self.standing, self.recovery, events)
        self.thread = threading.Thread(target=self.publisher.run, name="pipe")

    def _teller(self, word: str):  # type: ignore[no-untyped-def]
        return lambda: self.told.append(word)

    def ask(self, name: str, session: str = "s", script: str = "publish", **rest: object) -> None:
        def done(answer: Answer) -> None:
            self.threads.add(threading.current_thread().name)
            self.done.append((name, answer))

        boot = str(rest.pop("boot", "boot1"))
        self.publisher.submit(Request(script, [session, "claim", name], done, boot, **rest))  # type: ignore[arg-type]

    def start(self) -> None:
        self.thread.start()

    def wait_done(self, count: int) -> list[str]:
        wait_until(lambda: len(self.done) >= count, what=f"{count} done, not only {self.done}")
        return [name for name, _ in self.done]

    def stop(self) -> None:
        self.publisher.stop(time.monotonic() + 1)
        if self.thread.ident:
            self.thread.join(5)


@pytest.fixture
def scenes() -> Iterator[list[Scene]]:
    made: list[Scene] = []
    yield made
    for scene in made:
        scene.stop()


def names(commands: Sequence[Command]) -> list[object]:
    return [command[-1] for command in commands]


def ok(commands: Sequence[Command]) -> list[Reply]:
    return [[b"ok", str(command[-1]).encode()] for command in commands]


def made(scenes: list[Scene], *answers: Answering | Exception) -> Scene:
    scenes.append(Scene(*answers))
    return scenes[-1]


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


def test_losing_and_having_again_is_told_once_each(scenes: list[Scene]) -> None:
    scene = made(scenes, ok, Unavailable("1"), Unavailable("2"), Unavailable("3"), ok)
    scene.start()
    scene.ask("a")
    scene.wait_done(1)
    scene.ask("b")
    scene.wait_done(2)
    assert scene.told == ["ready", "answers", "lost", "answers"]


def test_no_script_keeps_the_order_within_a_session(scenes: list[Scene]) -> None:
    """The scripts are flushed, and loaded by somebody else in the middle of our pipeline."""

    def flushed(commands: Sequence[Command]) -> list[Reply]:
        assert names(commands) == ["s1", "t1", "s2", "t2", "s3"]
        out_of_order = [b"no", b"out_of_order", b"0"]
        return [NoScriptError("x"), [b"ok", b"t1"], out_of_order, [b"ok", b"t2"], out_of_order]

    scene = made(scenes, flushed, ok)
    for name in ("s1", "t1", "s2", "t2", "s3"):
        scene.ask(name, session=name[0])
    scene.start()
    assert scene.wait_done(5) == ["t1", "t2", "s1", "s2", "s3"]
    assert all(answer == [b"ok", name.encode()] for name, answer in scene.done)


def test_an_honest_out_of_order_is_told(scenes: list[Scene]) -> None:
    scene = made(scenes, lambda commands: [[b"no", b"out_of_order", b"4"] for _ in commands])
    scene.ask("a")
    scene.start()
    scene.wait_done(1)
    assert scene.done == [("a", [b"no", b"out_of_order", b"4"])]


def test_another_term_means_recovery_then_again(scenes: list[Scene]) -> None:
    scene = made(scenes, lambda commands: [[b"recover"] for _ in commands], ok)
    scene.ask("a")
    scene.ask("#r", script="join")
    scene.start()
    assert scene.wait_done(2) == ["a", "#r"]
    assert scene.recovery.runs == [{"s": {"#r"}}, {"s": {"#r"}}]  # at the beginning, and then


def test_a_session_that_cannot_be_re_claimed_is_fenced(scenes: list[Scene]) -> None:
    scene = made(scenes, lambda commands: [[b"recover"] for _ in commands])
    scene.ask("a")
    scene.start()
    scene.wait_done(1)
    assert isinstance(scene.done[0][1], Fenced)
    assert len(scene.recovery.runs) == 1 + 3


def test_doubts_about_a_former_term_are_none(scenes: list[Scene]) -> None:
    scene = made(scenes, ok)
    scene.start()
    scene.ask("a")
    scene.wait_done(1)
    scene.publisher.recover_soon("run:id:nonce0")
    scene.ask("b")
    scene.wait_done(2)
    assert len(scene.recovery.runs) == 1
    scene.publisher.recover_soon("run:id:nonce1")
    scene.ask("c")
    scene.wait_done(3)
    assert len(scene.recovery.runs) == 2


def test_what_was_asked_for_a_former_boot_is_not_done_for_the_new_one(scenes: list[Scene]) -> None:
    """The claim's answer was lost, then the lease: its connection is gone, and so must the claim be."""
    scene = made(scenes, Unavailable("cut"), ok)
    scene.recovery.fresh.ended("s", "c")
    scene.ask("claim", script="claim")
    scene.ask("end", script="end", boot="")
    scene.start()
    wait_until(lambda: scene.link.sent)
    scene.publisher.new_boot_soon("boot1")
    scene.publisher.new_boot_soon("boot1")
    wait_until(lambda: scene.standing.boot != "boot1")
    scene.ask("late", script="claim")  # by a thread that has read the former boot
    scene.ask("new", script="claim", boot=scene.standing.boot)
    scene.wait_done(4)
    outcomes = dict(scene.done)
    assert isinstance(outcomes["claim"], LeaseLost)
    assert isinstance(outcomes["late"], LeaseLost)
    assert outcomes["new"] == [b"ok", b"new"]
    assert outcomes["end"] == [b"ok", b"end"]
    assert scene.told.count("new boot") == 1
    assert scene.recovery.registrations == [scene.standing.boot]


def test_a_new_boot_that_cannot_be_registered_makes_us_doubt_the_term(scenes: list[Scene]) -> None:
    """It is not registered, so it does not beat, so nobody else would notice."""
    scene = made(scenes, ok)
    scene.start()
    scene.ask("a")
    scene.wait_done(1)

    def gone(link: Link) -> None:
        raise Unavailable("Redis's data changed")

    scene.recovery.register = gone  # type: ignore[method-assign]
    scene.publisher.new_boot_soon("boot1")
    wait_until(lambda: len(scene.recovery.runs) == 2, what="recovered")
    assert scene.standing.is_registered


def test_a_boot_that_is_not_ours_any_more_cannot_be_late(scenes: list[Scene]) -> None:
    scene = made(scenes, ok)
    scene.start()
    scene.publisher.new_boot_soon("an older one")
    scene.ask("a")
    scene.wait_done(1)
    assert scene.standing.boot == "boot1"


def test_refusals_are_told_but_what_the_node_asked_itself_is_kept(scenes: list[Scene]) -> None:
    def full(commands: Sequence[Command]) -> list[Reply]:
        return [ResponseError("OOM command not allowed") for _ in commands]

    scene = made(scenes, full, full, ok)
    scene.ask("say")
    scene.ask("away", script="away", lasting=True)
    scene.start()
    scene.wait_done(1)
    assert isinstance(scene.done[0][1], Unavailable)
    scene.publisher.poke()
    wait_until(lambda: len(scene.link.sent) == 2)
    scene.publisher.poke()
    scene.wait_done(2)
    assert scene.done[1] == ("away", [b"ok", b"away"])


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
