"""What only the publisher does: terms, boots, and the order within a session."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import NoScriptError, ResponseError

from cluster.errors import Degraded, Fenced, LeaseLost, Unavailable
from cluster.link import Command, Link, Reply
from tests.support.waiting import wait_until
from tests.unit.cluster.scene import Scene, made, names, ok


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


def test_what_is_to_be_asked_later_is_asked_before_what_else_its_session_said(scenes: list[Scene]) -> None:
    def later(commands: Sequence[Command]) -> list[Reply]:
        return [[b"later"], [b"ok", b"t1"], [b"no", b"out_of_order", b"0"]]

    scene = made(scenes, later, ok)
    for name in ("s1", "t1", "s2"):
        scene.ask(name, session=name[0])
    scene.start()
    assert scene.wait_done(3) == ["t1", "s1", "s2"]
    assert [names(commands) for commands in scene.link.sent] == [["s1", "t1", "s2"], ["s1", "s2"]]


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


def test_what_comes_before_the_term_is_open_waits_in_line(scenes: list[Scene]) -> None:
    def wait(commands: Sequence[Command]) -> list[Reply]:
        return [[b"wait"] for _ in commands]

    scene = made(scenes, wait, ok)
    scene.recovery.looks = [False, False]
    for name, script in (("say", "leave"), ("join", "join"), ("away", "away")):
        scene.ask(name, script=script)
    scene.start()
    assert scene.wait_done(3) == ["say", "join", "away"]
    assert [names(commands) for commands in scene.link.sent] == [["say", "join", "away"]] * 2
    assert scene.recovery.looks == []


def test_who_has_no_patience_is_told_to_try_again(scenes: list[Scene]) -> None:
    scene = made(scenes, ok)
    scene.recovery.is_open, scene.recovery.looks = False, [False] * 1000
    scene.ask("claim", script="claim", patience=0.0)
    scene.ask("say")
    scene.start()
    scene.wait_done(1)
    assert isinstance(scene.done[0][1], Degraded)
    scene.recovery.looks = []
    assert scene.wait_done(2) == ["claim", "say"]
