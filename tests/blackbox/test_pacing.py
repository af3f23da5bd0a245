"""Who floods real nodes: the limit goes with him, and nobody else is disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client import ChatClient
from client.events import Event, RefusedEvent, RequestRefused
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from wire.codes import Code
from wire.frames import Accepted, Error, Join, Joined, Say, Welcome

BURST = 20
FLAGS = ["--message-rate", "0.01", "--message-burst", f"{BURST}", "--join-rate", "0.01", "--join-burst", "4"]
"""Nothing comes back while a test runs."""


@pytest.fixture(scope="module")
def strict(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("strict")
    with Deployment(redis_server, folder, lease=2.0, grace=10.0, flags=FLAGS) as deployment:
        yield deployment


def flood(client: NativeClient, first: int, last: int) -> int:
    """Says all of them at once; how many were accepted."""
    for n in range(first, last + 1):
        client.send(Say(n=n, to="#lobby", text=f"flood {n}"))
    outcomes = [client.expect_one_of(Accepted, Error) for _ in range(first, last + 1)]
    assert {error.code for error in outcomes if isinstance(error, Error)} <= {Code.RATE_LIMITED}
    return sum(isinstance(outcome, Accepted) for outcome in outcomes)


def test_a_flooder_that_moves_gets_no_new_bucket(strict: Deployment) -> None:
    one, two = strict.addresses
    with NativeClient(one, "mover") as here, NativeClient(two, "mover") as there, NativeClient(one, "mover") as back:
        welcome = here.enter()
        said = flood(here, 1, 12)
        assert said == 12
        there.resume(welcome, {}, said)
        there.expect(Welcome)
        said += flood(there, said + 1, said + 30)
        back.resume(welcome, {}, said)
        back.expect(Welcome)
        said += flood(back, said + 1, said + 30)
    # One might have come back on a slow machine: a hundredth of a message a second.
    assert BURST <= said <= BURST + 1
    assert sum(node.metric("hydrachat_limited_total") for node in strict.nodes) > 30


def test_joins_go_along_as_well(strict: Deployment) -> None:
    one, two = strict.addresses
    with NativeClient(one, "joiner") as here, NativeClient(two, "joiner") as there:
        welcome = here.enter()
        for number in range(3):
            here.send(Join(room=f"#joined{number}", id=number))
            here.expect(Joined, lambda frame: frame.count is not None)
        there.resume(welcome, {})
        there.expect(Welcome)
        there.send(Join(room="#joined3", id=3))
        there.expect(Joined, lambda frame: frame.id == 3)
        there.send(Join(room="#joined4", id=4))
        assert there.expect_error(Code.RATE_LIMITED).id == 4


def test_others_at_the_same_node_are_not_disturbed(strict: Deployment) -> None:
    address = strict.addresses[0]
    with NativeClient(address, "loud") as loud, NativeClient(address, "quiet") as quiet:
        loud.enter()
        quiet.enter()
        for n in range(1, 1001):
            loud.send(Say(n=n, to="#lobby", text="x" * 100))
        for number in range(1, BURST + 1):
            quiet.say(f"quiet {number}")
        assert [quiet.expect(Accepted).n for _ in range(BURST)] == list(range(1, BURST + 1))
        assert not [frame for frame in quiet.frames if isinstance(frame, Error)]
    loud_ones = [n for session, n in strict.said_in("#lobby") if session == loud.welcome.session]
    assert len(loud_ones) <= BURST + 1


def test_a_plain_flood_waits_in_the_kernel_of_who_sends_it(strict: Deployment) -> None:
    address = strict.addresses[1]
    with PlainClient(address, "typist") as typist, NativeClient(address, "reader") as reader:
        reader.enter()
        for number in range(BURST + 10):
            typist.type(f"typed {number}")
        typist.expect("faster than")
        reader.expect_text(f"typed {BURST - 1}")
        assert not [frame for frame in reader.frames if getattr(frame, "text", "") == f"typed {BURST + 2}"]


def test_the_library_waits_and_says_all_in_order(redis_server: str, tmp_path: Path) -> None:
    flags = ["--message-rate", "60", "--message-burst", "10", "--join-rate", "30", "--join-burst", "5"]
    events: list[Event] = []
    with (
        Deployment(redis_server, tmp_path / "fast", flags=flags) as deployment,
        ChatClient(deployment.addresses, "bot", on_event=events.append) as bot,
    ):
        joins = [bot.join(f"#room{number}") for number in range(12)]
        handles = [bot.say(f"line {number}") for number in range(90)]
        assert [handle.wait_accepted(30).text for handle in handles] == [f"line {number}" for number in range(90)]
        assert [join.wait(30).room for join in joins] == [f"#room{number}" for number in range(12)]
        numbers = [int(n) for _, n in deployment.said_in("#lobby")]
        assert numbers == list(range(1, 91))
        assert sum(node.metric("hydrachat_limited_total") for node in deployment.nodes) > 0, "it was too fast"
    assert not [event for event in events if isinstance(event, RefusedEvent | RequestRefused)]
