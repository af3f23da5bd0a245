"""In a Sentinel group no outcome is told before a replica has it (R2)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from redis.exceptions import ResponseError

from cluster.link import Command, Reply
from cluster.publisher import Publisher
from cluster.witness import Witness
from tests.support.waiting import wait_until
from tests.unit.cluster.scene import Scene, names
from tests.unit.cluster.scripted import Answering

WITNESS: list[Command] = [["SET", "{t}:witness", "1"], ["WAIT", 1, 150]]


def witnessed(scenes: list[Scene], *answers: Answering) -> Scene:
    scene = Scene(*answers)
    scenes.append(scene)
    old = scene.publisher
    witness = Witness(scene.link, "{t}:witness", 0.3)
    scene.publisher = Publisher(scene.link, old._caller, scene.standing, scene.recovery, old._events, witness)
    scene.thread._target = scene.publisher.run  # type: ignore[attr-defined]
    return scene


def answering(*last: Reply) -> Answering:
    def answer(commands: Sequence[Command]) -> list[Reply]:
        return [*([b"ok", str(command[-1]).encode()] for command in commands[: -len(WITNESS)]), *last]

    return answer


def test_each_pipeline_ends_with_a_write_and_a_wait(scenes: list[Scene]) -> None:
    """The write is there for outcomes that were asked for again on a new connection: WAIT looks no further back."""
    scene = witnessed(scenes, answering(b"OK", 1))
    scene.ask("a")
    scene.ask("b")
    scene.start()
    assert scene.wait_done(2) == ["a", "b"]
    assert list(scene.link.sent[0])[-2:] == WITNESS
    assert scene.told == ["ready", "answers"]


@pytest.mark.parametrize(
    "missing",
    [
        (b"OK", 0),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), 0),
        (b"OK", ResponseError("WAIT cannot be used with replica instances.")),
    ],
)
def test_without_a_replica_nothing_is_told_and_all_is_asked_again(scenes: list[Scene], missing: list[Reply]) -> None:
    scene = witnessed(scenes, answering(b"OK", 1), answering(*missing), answering(*missing), answering(b"OK", 2))
    scene.ask("before")
    scene.start()
    scene.wait_done(1)
    scene.ask("a")
    scene.ask("b")
    wait_until(lambda: len(scene.link.sent) >= 3, what="it is asked again")
    assert scene.wait_done(3) == ["before", "a", "b"]
    rounds = [names(commands[:-2]) for commands in scene.link.sent]
    assert rounds[-1] in (["a", "b"], ["b"])
    assert rounds[1] == rounds[2][: len(rounds[1])]
    assert scene.link.opened == 3  # each time it looks again who it talks to
    assert scene.told == ["ready", "answers", "lost", "answers"]


def test_a_cut_before_the_last_word_leaves_all_unknown(scenes: list[Scene]) -> None:
    def cut(commands: Sequence[Command]) -> list[Reply]:
        return answering(b"OK", 1)(commands)[:-1]

    scene = witnessed(scenes, cut, answering(b"OK", 1))
    scene.ask("a")
    scene.start()
    assert scene.wait_done(1) == ["a"]
    assert len(scene.link.sent) == 2
