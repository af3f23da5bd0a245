"""Who says or asks too much at once, at nodes over a cluster in memory."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, get_args

import pytest

from node.main import Node
from node.verbs.pacing import COSTS
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, get, pair, plain, running
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import (
    Accepted,
    Ack,
    ClientFrame,
    Confirm,
    Error,
    GuardRoom,
    HandOver,
    Hello,
    Invite,
    Join,
    Joined,
    Members,
    Message,
    Mute,
    Ping,
    Pong,
    Quit,
    Register,
    Remove,
    Say,
    Unmute,
    Unregister,
    Welcome,
    Who,
)

LOBBY = "#lobby"
NEVER = 0.0001
"""A second: nothing comes back while a test runs."""


def counted(node: Node, limit: str) -> float:
    line = f'hydrachat_limited_total{{limit="{limit}"}} '
    return next(float(row.removeprefix(line)) for row in get(node, "/metrics")[1].splitlines() if row.startswith(line))


def say_all(client: Native, *numbers: int) -> None:
    for n in numbers:
        client.say(Say(n=n, to=LOBBY, text=f"{n}"))


def test_what_is_too_much_is_not_taken_and_nothing_behind_it() -> None:
    store = Store()
    with running(FakeCluster(store), message_rate=NEVER, message_burst=3) as node, Native(node) as alice:
        alice.enter("alice")
        say_all(alice, *range(1, 40))
        refused = [alice.expect(Error) for _ in range(36)]
        assert [error.n for error in refused] == list(range(4, 40))
        assert {error.code for error in refused} == {Code.RATE_LIMITED}
        assert all(error.after > 1000 for error in refused)
        assert [entry.n for entry in store.logs[LOBBY] if entry.kind == "message"] == [1, 2, 3]
        assert counted(node, "message_rate") == 36


def test_said_again_after_the_time_that_was_told_it_is_taken() -> None:
    with running(FakeCluster(Store()), message_rate=50, message_burst=2) as node, Native(node) as alice:
        alice.enter("alice")
        say_all(alice, 1, 2, 3)
        error = alice.expect(Error)
        assert 0 < error.after <= 200
        # Not a moment earlier than it was told, or it rests: the test waits by what the node says.
        wait_for(lambda: _taken(alice, 3))


def _taken(client: Native, n: int) -> bool:
    say_all(client, n)
    while not isinstance(frame := client.frame(), Accepted | Error) or frame.n != n:
        pass
    return isinstance(frame, Accepted)


def test_what_was_lost_may_be_said_again_at_a_quarter() -> None:
    with running(FakeCluster(Store()), message_rate=NEVER, message_burst=3) as node, Native(node) as alice:
        alice.enter("alice")
        say_all(alice, 1, 2)
        assert [alice.expect(Accepted).n for _ in range(2)] == [1, 2]
        for _ in range(5):
            alice.say(Say(n=1, to=LOBBY, text="1", again=("E0", 1)))
        assert [alice.expect(Accepted).n for _ in range(4)] == [1] * 4
        assert alice.expect(Error).code == Code.RATE_LIMITED


def test_others_go_on_meanwhile() -> None:
    with ExitStack() as stack:
        node = stack.enter_context(running(FakeCluster(Store()), message_rate=NEVER, message_burst=5))
        flooder, bob = (stack.enter_context(Native(node)) for _ in range(2))
        flooder.enter("flooder")
        bob.enter("bob")
        say_all(flooder, *range(1, 500))
        say_all(bob, 1, 2, 3, 4, 5)
        assert [bob.expect(Accepted).n for _ in range(5)] == [1, 2, 3, 4, 5]


def test_who_does_not_heed_it_is_read_no_further() -> None:
    with running(FakeCluster(Store()), message_rate=NEVER, message_burst=1) as node, Native(node) as alice:
        alice.enter("alice")
        say_all(alice, *range(1, 2000))
        wait_for(lambda: counted(node, "message_rate") >= 65)
        say_all(alice, *range(2000, 2200))
        # Each further one takes a second: had all been answered at once, there were thousands.
        assert counted(node, "message_rate") < 200


def test_a_session_takes_along_what_it_has_taken() -> None:
    _, here, there = pair()
    with ExitStack() as stack:
        one = stack.enter_context(running(here, message_rate=NEVER, message_burst=5, join_rate=NEVER, join_burst=3))
        two = stack.enter_context(running(there, message_rate=NEVER, message_burst=5, join_rate=NEVER, join_burst=3))
        alice = stack.enter_context(Native(one))
        welcome = alice.enter("alice")
        say_all(alice, 1, 2, 3, 4)
        for room in ("#one", "#two"):
            alice.say(Join(room=room, id=1))
            alice.expect(Joined, lambda joined: joined.count is not None)
        alice.barrier()
        again = stack.enter_context(Native(two))
        again.say(Hello(session=welcome.session, token=welcome.token, nick="alice", n=4))
        again.expect(Welcome)
        say_all(again, 5, 6)
        assert again.expect(Accepted).n == 5
        assert again.expect(Error).n == 6
        again.say(Join(room="#three", id=7))
        again.expect(Joined, lambda joined: joined.log == "#three" and joined.count is not None)
        again.say(Join(room="#four", id=8))
        error = again.expect(Error)
        assert (error.code, error.id) == (Code.RATE_LIMITED, 8)


def test_questions_cost_too_and_pings_are_answered_in_any_case() -> None:
    with running(FakeCluster(Store()), join_rate=NEVER, join_burst=2) as node, Native(node) as alice:
        alice.enter("alice")
        for number in range(1, 5):
            alice.say(Who(room=LOBBY, id=number))
            alice.expect(Members)
        alice.say(Who(room=LOBBY, id=5))
        error = alice.expect(Error)
        assert (error.code, error.id, error.after > 0) == (Code.RATE_LIMITED, 5, True)
        alice.say(Ping(id=6))
        assert alice.expect(Pong).id == 6
        assert counted(node, "join_rate") == 1


@pytest.mark.parametrize(
    "frame",
    [
        Invite(room=LOBBY, nick="bob", id=7),
        Remove(room=LOBBY, nick="bob", id=7),
        Mute(room=LOBBY, nick="bob", id=7),
        Unmute(room=LOBBY, nick="bob", id=7),
        HandOver(room=LOBBY, nick="bob", id=7),
        GuardRoom(room=LOBBY, id=7),
        Register(password="correct horse", id=7),
        Unregister(password="correct horse", id=7),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_what_owners_ask_and_what_is_hashed_costs_as_well(frame: ClientFrame) -> None:
    with running(FakeCluster(Store()), join_rate=NEVER, join_burst=1) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Join(room="#den"))
        alice.expect(Joined, lambda joined: joined.log == "#den")
        alice.say(frame)
        error = alice.expect(Error)
        assert (error.code, error.id) == (Code.RATE_LIMITED, 7)


def test_every_request_has_a_price_or_a_reason_for_none() -> None:
    """Hello is counted by its address, a message in buckets of its own; for the others see docs/security.md."""
    free = {Hello, Say, Ping, Quit, Ack, Confirm}
    assert set(get_args(ClientFrame)) == free | set(COSTS)


def test_a_plain_client_waits_and_is_told_so_once() -> None:
    store = Store()
    with running(FakeCluster(store), message_rate=40, message_burst=2) as node, plain(node, "bob") as bob:
        bob.put("".join(f"line {n}\n" for n in range(10)) + "\\q\n")
        lines = bob.rest()
        said = [entry.text for entry in store.logs[LOBBY] if entry.kind == "message"]
        assert said == [f"line {n}" for n in range(10)]
        assert len([line for line in lines if "faster than" in line]) == 1


def test_nobody_waits_for_a_plain_client_that_has_gone() -> None:
    with running(FakeCluster(Store()), message_rate=NEVER, message_burst=1) as node:
        with plain(node, "bob") as bob:
            bob.put("one\ntwo\nthree\n")
            bob.lines_until("faster than")
            bob.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # resets
        wait_for(lambda: len(node.house.roster) == 0)


def test_hellos_count_for_their_address() -> None:
    with ExitStack() as stack:
        settings = {"address_join_rate": NEVER, "address_join_burst": 2, "exempt": ()}
        node = stack.enter_context(running(FakeCluster(Store()), **settings))
        for nick in ("alice", "bob"):
            stack.enter_context(Native(node)).enter(nick)
        late = stack.enter_context(Native(node))
        late.say(Hello(nick="carol"))
        error = late.expect(Error)
        assert (error.code, error.after > 0) == (Code.RATE_LIMITED, True)
        assert late.rest() == [], "it was the last word"
        assert counted(node, "address_join_rate") == 1


@pytest.mark.parametrize(("behind", "epoch", "lets_in"), [(990, "E1", True), (1010, "E1", False), (1010, "E0", True)])
def test_who_is_owed_much_counts_for_more_of_its_address(behind: int, epoch: str, lets_in: bool) -> None:
    """Of four hellos two are left; of another life of the log it isn't known how much is owed, and counts as one."""
    store = Store()
    settings: Any = {"address_join_rate": NEVER, "address_join_burst": 4, "exempt": ()}
    with running(FakeCluster(store), **settings) as node, Native(node) as there, Native(node) as again:
        there.enter("there")
        with Native(node) as alice:
            welcome = alice.enter("alice")
        top = store.top(LOBBY)
        for number in range(behind):
            store.append(LOBBY, "message", "someone", number + 1, "bob", f"{number}")
        there.expect(Message, lambda message: message.text == f"{behind - 1}")
        again.say(Hello(session=welcome.session, token=welcome.token, cursors={LOBBY: (epoch, top.offset)}))
        assert isinstance(again.frame(), Welcome if lets_in else Error)
        assert counted(node, "address_join_rate") == (0 if lets_in else 1)


def test_an_address_that_is_exempt_may_do_more() -> None:
    with ExitStack() as stack:
        node = stack.enter_context(
            running(FakeCluster(Store()), address_join_rate=NEVER, address_join_burst=1, address_message_burst=1)
        )
        for number in range(4):
            client = stack.enter_context(Native(node))
            client.enter(f"nick{number}")
            say_all(client, 1, 2)
            assert [client.expect(Accepted).n for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("native", [True, False])
def test_a_text_has_as_many_bytes_as_the_node_is_told(native: bool) -> None:
    with running(FakeCluster(Store()), max_text=10) as node, Client(node) as client:
        hello = '{"op":"hello","protocol":[1,1],"nick":"bob"}\n' if native else "bob\n"
        client.put(hello)
        client.lines_until("#lobby")
        client.put('{"op":"say","n":1,"to":"#lobby","text":"12345678901"}\n' if native else "12345678901\n")
        assert "at most 10" in client.lines_until("at most")[-1]
        client.put('{"op":"say","n":2,"to":"#lobby","text":"1234567890"}\n' if native else "1234567890\n")
        client.lines_until("1234567890")
        assert counted(node, "max_text") == 1


def test_a_line_has_as_many_bytes_as_the_node_is_told() -> None:
    with running(FakeCluster(Store()), max_frame=1024) as node, Native(node) as alice:
        alice.enter("alice")
        alice.say(Say(n=1, to=LOBBY, text="x" * 1000))
        error = alice.expect(Error)
        assert (error.code, error.n) == (Code.FRAME_TOO_LONG, 1)
        alice.say(Say(n=2, to=LOBBY, text="y" * 900))
        assert alice.expect(Message, lambda message: not message.history).text == "y" * 900
        assert counted(node, "max_frame") == 1


@pytest.mark.parametrize("request_of", [
    lambda n: Register(password="open sesame", id=n),
    lambda n: Unregister(password="open sesame", id=n),
    lambda n: Invite(room="#ops", nick="bob", id=n),
    lambda n: Remove(room="#ops", nick="bob", id=n),
    lambda n: Mute(room="#ops", nick="bob", id=n),
    lambda n: Unmute(room="#ops", nick="bob", id=n),
    lambda n: HandOver(room="#ops", nick="bob", id=n),
    lambda n: GuardRoom(room="#ops", private=True, id=n),
])  # fmt: skip
def test_what_hashes_or_is_told_to_all_nodes_has_its_price(request_of: Callable[[int], Any]) -> None:
    with running(FakeCluster(Store()), join_rate=NEVER, join_burst=2) as node, Native(node) as alice:
        alice.enter("alice")
        for n in (1, 2, 3):
            alice.say(request_of(n))
        while (error := alice.expect(Error)).id != 3:
            pass
        assert error.code == Code.RATE_LIMITED
        assert counted(node, "join_rate") == 1
