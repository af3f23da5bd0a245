"""Log lines of nodes become lines for a person."""

from __future__ import annotations

import json

import pytest

from cluster.up.narrator import Narrator
from cluster.up.plan import Spec
from cluster.up.slot import Death

NODE = Spec("n1", ("node",), 0, speaks_json=True)
REDIS = Spec("redis", ("redis-server",), 2)


class Screen:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.narrator = Narrator(self.lines.append)

    def hear(self, event: str, **fields: object) -> None:
        record = {"ts": "2030-01-01T00:00:00Z", "level": "info", "event": event, "node": "n1", **fields}
        self.narrator.hear(NODE, json.dumps(record).encode() + b"\n")

    def texts(self) -> list[str]:
        return [line[10:] for line in self.lines]


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_a_node_comes_up(screen: Screen) -> None:
    screen.hear("ready")
    assert screen.texts() == ["n1 is up"]
    assert screen.narrator.states == {"n1": "serving"}


def test_people_come_and_go(screen: Screen) -> None:
    screen.hear("joined", nick="Zoë 🦑", room="#lobby")
    screen.hear("left", nick="Zoë 🦑", room="#lobby")
    assert screen.texts() == ["Zoë 🦑 joined #lobby (n1)", "Zoë 🦑 left #lobby (n1)"]


def test_a_state_is_said_when_it_changes(screen: Screen) -> None:
    for event in ("ready", "degraded", "degraded", "ready"):
        screen.hear(event)
    assert screen.texts() == ["n1 is up", "n1 is degraded: Redis is away or refuses", "n1 is up"]


def test_why_nodes_are_degraded_is_said_once_for_all(screen: Screen) -> None:
    other = Spec("n2", ("node",), 0, speaks_json=True)
    screen.hear("waiting", reason="Redis refused (a moment only)")
    for reason in ("Redis refused (full)", "Redis refused (full)", "Redis can't be reached (x)"):
        screen.hear("degraded")
        screen.hear("waiting", reason=reason)
    screen.narrator.hear(other, b'{"event": "degraded"}\n')
    screen.narrator.hear(other, b'{"event": "waiting", "reason": "Redis refused (disk)"}\n')
    screen.hear("serving")
    screen.hear("degraded")
    screen.hear("waiting", reason="Redis refused (disk)")
    degraded = "n1 is degraded: Redis is away or refuses"
    assert screen.texts() == [
        degraded, "  n1 said: Redis refused (full)", "n2 is degraded: Redis is away or refuses",
        "  n2 said: Redis refused (disk)", "n1 serves again", degraded, "  n1 said: Redis refused (disk)",
    ]  # fmt: skip


def test_unknown_events_are_said_when_they_are_trouble(screen: Screen) -> None:
    screen.hear("sneezed")
    screen.hear("disk_full", level="error", error="no space")
    assert screen.texts() == ["n1: disk_full no space"]


def test_escapes_never_reach_the_terminal(screen: Screen) -> None:
    screen.hear("joined", nick="\x1b[31mred\u202e\n", room="#lobby")
    assert screen.texts() == ["[31mred joined #lobby (n1)"]


@pytest.mark.parametrize("line", [b"", b"Traceback\n", b"[1]\n", b'{"event":\n', b"\xff\xfe\n", b"[" * 60_000])
def test_what_is_no_log_line_is_passed_over(screen: Screen, line: bytes) -> None:
    screen.narrator.hear(NODE, line)
    assert screen.lines == []


def test_what_others_print_is_passed_over(screen: Screen) -> None:
    screen.narrator.hear(REDIS, b'{"event": "ready"}\n')
    assert screen.lines == []


def test_a_death_is_said_with_its_last_words(screen: Screen) -> None:
    words = (b'{"event": "ready"}\n', b"ValueError: --lease\n")
    screen.narrator.died(Death(NODE, "exit code 2", words, 0.5))
    assert screen.texts() == [
        "n1 is lost (exit code 2); starting it again in 0.5 s",
        "  n1 said: ValueError: --lease",
    ]
    assert screen.narrator.states == {"n1": "lost"}


def test_who_was_killed_has_no_last_words(screen: Screen) -> None:
    screen.narrator.died(Death(NODE, "signal 9, SIGKILL", (b"fine\n",), 1.0))
    assert screen.texts() == ["n1 is lost (signal 9, SIGKILL); starting it again in 1 s"]


def test_who_left_by_order_is_not_lost(screen: Screen) -> None:
    screen.narrator.died(Death(NODE, "exit code 0", (), None))
    assert screen.texts() == ["n1 has left and stays down until `hydrachat restart-all`"]
    assert screen.narrator.states == {"n1": "drained"}
    screen.narrator.died(Death(NODE, "exit code 0", (), 0.0))
    assert screen.texts()[1:] == ["n1 has left; starting it again"]


def test_stopping_is_quiet_but_states_are_kept(screen: Screen) -> None:
    screen.narrator.quiet = True
    screen.hear("stopped")
    assert screen.lines == []
    assert screen.narrator.states == {"n1": "stopped"}
