"""What is said costs only where it is wanted, counted in messages and bytes: times would prove nothing here."""

from __future__ import annotations

from tests.support.deployment import UNLIMITED, Deployment
from tests.support.native import NativeClient
from wire.frames import Accepted, Join, Joined, Message

SAID, SIZE, WINDOW = 400, 500, 50
MISSED = 5
CALM = {"nodes": 2, "grace": 60.0, "flags": UNLIMITED}
"""The grace is long: whoever is to come back does, however slow the machine."""


def test_a_message_costs_nothing_on_a_node_without_members_of_its_room(calm: Deployment) -> None:
    here, elsewhere = calm.nodes
    with NativeClient(here.address, "ana") as ana, NativeClient(elsewhere.address, "ben") as ben:
        ben.enter()
        ana.enter()
        ana.send(Join(room="#here", id=1))
        ana.expect(Joined, lambda frame: frame.id == 1)
        heard = [node.metric("hydrachat_entries_total") for node in (here, elsewhere)]
        _say_much(ana, "#here")
        ana.say("now to all", "#lobby")
        for each in (ana, ben):
            each.expect_text("now to all")  # and so what was said before it has been counted
        # Comings and goings in the lobby, and nothing of what was said.
        assert elsewhere.metric("hydrachat_entries_total") - heard[1] < SAID / 10
        assert here.metric("hydrachat_entries_total") - heard[0] >= SAID


def test_a_resume_costs_what_was_missed_and_not_what_was_ever_said(calm: Deployment) -> None:
    home, other = calm.nodes
    with (
        NativeClient(home.address, "cleo") as cleo,
        NativeClient(home.address, "dora") as dora,
        NativeClient(other.address, "cleo") as back,
    ):
        welcome = cleo.enter()
        dora.enter()
        _say_much(dora, "#lobby")
        cleo.expect_text(_text(SAID - 1))
        last = [frame for frame in cleo.frames if isinstance(frame, Message)][-1]
        cleo.crash()
        for number in range(MISSED):
            n = dora.say(f"missed {number}")
            dora.expect(Accepted, lambda frame, n=n: frame.n == n)  # type: ignore[misc]
        sent = calm.sent_by_redis()
        back.resume(welcome, {**dict(welcome.logs), "#lobby": (last.epoch, last.offset)})
        back.expect_text(f"missed {MISSED - 1}")

        assert calm.sent_by_redis() - sent < SAID * SIZE / 4  # heartbeats go on meanwhile
        told = [frame.text for frame in back.frames if isinstance(frame, Message)]
        assert told == [f"missed {number}" for number in range(MISSED)]


def _text(number: int) -> str:
    return f"{number} ".ljust(SIZE, "x")


def _say_much(client: NativeClient, room: str) -> None:
    for start in range(0, SAID, WINDOW):
        for number in range(start, start + WINDOW):
            client.say(_text(number), room)
        for _ in range(WINDOW):
            client.expect(Accepted)
