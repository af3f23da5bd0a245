"""Clients of both dialects do anything in any order at real nodes: each request is answered or its connection ends, no
node fails, nothing stays, and two others notice nothing."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.hostile import frames
from tests.hostile.asker import NUMBERS, Hostile
from tests.hostile.honest import HonestPair
from tests.support.deployment import Deployment

SHORT, LONG = (6, 20), (400, 40)
"""Runs, and steps of each."""
RUNS = int(os.environ.get("HYDRACHAT_MACHINE_RUNS", LONG[0]))


class Anything(RuleBasedStateMachine):
    """`town` is set by the test."""

    town: Deployment
    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Hostile] = []
        self.gone = 0

    # Not by how many have ended: what hypothesis may draw must not hang on when a node does something.
    @precondition(lambda self: len(self.all) - self.gone < 8)
    @rule(target=clients, native=st.booleans(), node=st.integers(0, 1), nick=frames.NICK, polite=st.booleans())
    def come(self, native: bool, node: int, nick: str, polite: bool) -> Hostile:
        client = Hostile(self.town.addresses[node], native)
        self.all.append(client)
        name = f"any{next(NUMBERS)}" if polite else nick
        client.send(_hello(native, name))
        if polite:
            client.expect_line(b'"joined"' if native else b"* you are in")
        return client

    @rule(client=clients, asked=frames.REQUEST)
    def ask(self, client: Hostile, asked: dict[str, Any]) -> None:
        mark = next(NUMBERS)
        client.ask(frames.native(asked, id=mark))
        if client.native:
            client.expect_answer(id=mark)

    @rule(client=clients, said=frames.SAY)
    def say(self, client: Hostile, said: dict[str, Any]) -> None:
        client.n += 1
        client.ask(frames.native(said, n=client.n))
        if client.native:
            client.expect_answer(n=client.n)

    @rule(client=clients, line=frames.JUNK)
    def send_junk(self, client: Hostile, line: bytes) -> None:
        client.send(line + b"\n")
        client.is_alive()

    @rule(client=clients, line=frames.TYPED)
    def type(self, client: Hostile, line: bytes) -> None:
        client.send(line + b"\n")
        client.is_alive()

    @rule(client=clients, line=frames.JUNK, cut=st.integers(0, 40))
    def send_half(self, client: Hostile, line: bytes, cut: int) -> None:
        client.send(line[:cut])

    @rule(client=consumes(clients), line=frames.JUNK)
    def leave(self, client: Hostile, line: bytes) -> None:
        self.gone += 1
        client.send(b'\n{"op":"quit"}\n' if client.native else b"\n\\q\n")
        client.send(line)
        client.expect_end()

    @rule(client=consumes(clients), line=frames.JUNK)
    def half_close(self, client: Hostile, line: bytes) -> None:
        self.gone += 1
        client.send(line)
        try:
            client.wire.half_close()
        except OSError:
            return
        client.expect_end()

    @rule(client=consumes(clients), line=frames.JUNK)
    def reset(self, client: Hostile, line: bytes) -> None:
        self.gone += 1
        client.send(line)
        client.wire.reset()
        client.wire.ended = True

    def teardown(self) -> None:
        for client in self.all:
            client.wire.close()
        for node in self.town.nodes:
            assert node.alive, node.obituary()


def _hello(native: bool, name: str) -> bytes:
    if native:
        return json.dumps({"op": "hello", "nick": name, "client": "machine"}).encode() + b"\n"
    return name.replace("\n", " ").encode("utf-8", "surrogatepass") + b"\n"


def _run(town: Deployment, undisturbed: HonestPair, runs: int, steps: int) -> None:
    class Machine(Anything):
        pass

    Machine.town = town
    errors = _errors(town)
    wanted = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        # Each step that fails has waited for what does not come: to shrink what was found takes minutes of that.
        phases=[Phase.generate],
        print_blob=True,
    )
    run_state_machine_as_test(Machine, settings=wanted)
    undisturbed.goes_on()

    assert _errors(town) == errors


def _errors(town: Deployment) -> list[Any]:
    return [event for node in town.nodes for event in node.events("error")]


@pytest.mark.parametrize("half", [b"x", b'{"op":"who"', b"\xff"])
def test_what_is_asked_after_half_a_line_is_answered(town: Deployment, undisturbed: HonestPair, half: bytes) -> None:
    client = Hostile(town.addresses[0], native=True)
    try:
        client.send(_hello(native=True, name=f"any{next(NUMBERS)}"))
        client.expect_line(b'"joined"')
        client.send(half)
        client.ask(frames.native({"op": "away"}, id=1))
        client.expect_answer(id=1)

        assert not client.wire.ended
    finally:
        client.wire.close()


def test_anything_in_any_order(town: Deployment, undisturbed: HonestPair) -> None:
    _run(town, undisturbed, *SHORT)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_anything_in_any_order_for_long(town: Deployment, undisturbed: HonestPair) -> None:
    """HYDRACHAT_MACHINE_RUNS: another number of runs."""
    _run(town, undisturbed, RUNS, LONG[1])
