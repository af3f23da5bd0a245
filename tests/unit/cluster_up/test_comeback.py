"""What was lost is said to be there again when it answers, not when it was started."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cluster.up import comeback
from cluster.up.comeback import Comeback


class Scene:
    def __init__(self) -> None:
        self.answers = {"redis": False, "balancer": False}
        self.said: list[str] = []
        probes = {name: self.probe(name) for name in self.answers}
        self.comeback = Comeback(probes, self.said.append)

    def probe(self, name: str) -> Callable[[], bool]:
        return lambda: self.answers[name]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(comeback, "ASK_EVERY", 0.0)
    return Scene()


def test_it_is_said_once_and_when_it_answers(scene: Scene) -> None:
    scene.comeback.lost("redis")
    scene.comeback.lost("redis")
    assert scene.comeback.look() is False
    assert scene.said == []
    scene.answers["redis"] = True
    for _ in range(2):
        assert scene.comeback.look() is False
    assert scene.said == ["redis is up again"]


def test_who_was_not_lost_is_not_said_and_each_loss_counts(scene: Scene) -> None:
    scene.answers = {"redis": True, "balancer": True}
    scene.comeback.lost("n1")
    scene.comeback.look()
    assert scene.said == []
    for _ in range(2):
        scene.comeback.lost("balancer")
        scene.comeback.look()
    assert scene.said == ["balancer is up again"] * 2


def test_it_is_not_asked_without_pause(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comeback, "ASK_EVERY", 3600.0)
    scene.comeback.lost("redis")
    scene.comeback.look()
    scene.answers["redis"] = True
    scene.comeback.look()
    assert scene.said == []
