"""What the limits by default make of one hostile address: it is refused, counted, and the others notice nothing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from tests.hostile.answers import of
from tests.hostile.crowd import Crowd
from tests.hostile.honest import HonestPair
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Error, Ping, Pong, Quit

NUMBERS = count()
FAR = "127.0.0.66"
ASKED = 500


def entered(town: Deployment) -> NativeClient:
    client = NativeClient(town.addresses[0], f"greedy{next(NUMBERS)}", source=FAR)
    client.enter()
    return client


def says(client: NativeClient) -> None:
    """So that the window is never full. Returns when one is refused for its number."""
    for _ in range(40):
        for _ in range(25):
            client.say("x")
        wait_until(lambda: answered(client, client.n), 60, "all have their answers")
        if is_limited(client):
            return
    raise AssertionError("a thousand messages, and none was refused")


def answered(client: NativeClient, upto: int) -> bool:
    frames = client.drain(0.01)
    return len({frame.n for frame in frames if isinstance(frame, Accepted | Error) and frame.n}) >= upto


def joins(client: NativeClient) -> None:
    """All at once."""
    client.send_raw(b"".join(b'{"op":"join","room":"#lobby","id":%d}\n' % n for n in range(ASKED)))
    client.send(Ping(id=ASKED))
    client.expect(Pong, of(id=ASKED), 60)
    assert is_limited(client)


def is_limited(client: NativeClient) -> bool:
    return any(isinstance(frame, Error) and frame.code == Code.RATE_LIMITED for frame in client.frames)


def left(client: NativeClient) -> None:
    client.send(Quit())
    client.expect_end()


def test_one_address_has_some_connections_and_the_others_are_not_fewer_for_it(
    guarded: Deployment, unhurt: HonestPair
) -> None:
    node = guarded.nodes[0]
    with Crowd(node.address, ASKED, source=FAR) as crowd:
        heard = crowd.hear(b"nickname?", b"too many connections")
        with NativeClient(node.address, f"newcomer{next(NUMBERS)}") as newcomer:
            newcomer.enter()
            left(newcomer)

        assert sum(b"too many connections" in one for one in heard) == ASKED - 200
        assert node.metric("hydrachat_limited_total") >= ASKED - 200
    wait_until(lambda: node.metric("hydrachat_connections") < 100, 30, "they are gone")
    with entered(guarded) as again:
        left(again)


@pytest.mark.parametrize("act", [says, joins])
def test_who_says_or_joins_too_fast_is_refused_and_the_others_are_not(
    guarded: Deployment, unhurt: HonestPair, act: Callable[[NativeClient], None]
) -> None:
    node = guarded.nodes[0]
    before = node.metric("hydrachat_limited_total")
    with entered(guarded) as greedy:
        act(greedy)
        assert node.metric("hydrachat_limited_total") > before
        with NativeClient(guarded.addresses[1], f"passer{next(NUMBERS)}") as other:
            other.enter()
            other.say("nothing of it is mine")
            other.expect(Accepted)
            left(other)
        left(greedy)
