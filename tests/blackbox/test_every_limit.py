"""Each limit, provoked at a real node by a stranger: what it refuses has its code and is counted under its name, and
who did nothing is served. A limit without a row here fails."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from typing import NamedTuple

import pytest

from node.limits import COUNTED
from tests.support.counted import counted
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.servers import Node
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Gap, Join, Ping, Welcome

STRANGER, HONEST = "127.0.0.7", "127.0.0.8"
NEVER = "0.0001"
"""A second: nothing comes back while a test runs."""
FAST = ("--message-rate", "0", "--address-message-rate", "0")
NUMBERS = count(1)


class Stage:
    """A node, and what is to be closed at the end."""

    def __init__(self, node: Node, stack: ExitStack) -> None:
        self.node, self._stack = node, stack

    def comer(self, source: str = STRANGER) -> NativeClient:
        """Connected, and not in yet."""
        client = NativeClient(self.node.address, f"{source[-1]}x{next(NUMBERS)}", source=source)
        return self._stack.enter_context(client)

    def guest(self, source: str = STRANGER) -> NativeClient:
        client = self.comer(source)
        client.enter()
        return client


def second_comer(stage: Stage) -> NativeClient:
    stage.guest()
    return stage.comer()


def second_hello(stage: Stage) -> NativeClient:
    stage.guest()
    client = stage.comer()
    client.send_hello()
    return client


def first_of_two_who_wait(stage: Stage) -> NativeClient:
    first = stage.comer()
    first.send(Ping())  # a program, as its node knows now
    first.expect_error(Code.ILLEGAL_STATE)
    stage.comer()
    return first


def who_says_no_hello(stage: Stage) -> NativeClient:
    client = stage.comer()
    client.send(Ping())  # whoever says nothing at all is told so in a line for people
    return client


def who_comes_to_a_full_node(stage: Stage) -> NativeClient:
    wait_until(lambda: http_text(stage.node, "readyz") == "full\n", what="it has looked at its memory")
    return stage.comer()


def who_says(*texts: str) -> Callable[[Stage], NativeClient]:
    def act(stage: Stage) -> NativeClient:
        client = stage.guest()
        for text in texts:
            client.say(text)
        return client

    return act


def who_joins(*rooms: str) -> Callable[[Stage], NativeClient]:
    def act(stage: Stage) -> NativeClient:
        client = stage.guest()
        for room in rooms:
            client.send(Join(room=room))
        return client

    return act


def two_who_say(stage: Stage) -> NativeClient:
    for _ in range(2):
        client = stage.guest()
        client.say("x")
    return client


def second_in_a_room(stage: Stage) -> NativeClient:
    stage.guest(HONEST).send(Join(room="#full"))
    wait_until(lambda: stage.node.metric("hydrachat_rooms") == 2, what="it is in")
    client = stage.guest()
    client.send(Join(room="#full"))
    return client


def who_reads_nothing(stage: Stage) -> NativeClient:
    client = NativeClient(stage.node.address, f"deaf{next(NUMBERS)}", receive_buffer=4096, source=STRANGER)
    stage._stack.enter_context(client)
    client.enter()
    speaker = stage.guest(HONEST)
    for _ in range(600):  # more than the kernel takes for it
        n = speaker.say("x" * 16_000)
        speaker.expect(Accepted, lambda frame, n=n: frame.n == n)  # type: ignore[misc]
    stage.node.wait_event("overflow")  # told when its last words have had their time
    return client


def who_was_away(stage: Stage) -> NativeClient:
    away = stage.guest()
    welcome = away.welcome
    away.crash()
    speaker = stage.guest(HONEST)
    for number in range(3):
        n = speaker.say(f"{number}")
        speaker.expect(Accepted, lambda frame, n=n: frame.n == n)  # type: ignore[misc]
    client = stage.comer()
    client.resume(welcome, dict(welcome.logs))
    client.expect(Welcome)
    client.expect(Gap)
    return client


def who_forges(stage: Stage) -> NativeClient:
    client = stage.comer()
    client.send_raw(b"PROXY TCP4 198.51.100.1 198.51.100.2 1 2\r\n")
    return client


class Row(NamedTuple):
    """`options`: of the node. `act` provokes it and returns who is told; `code`: what."""

    options: Sequence[str]
    act: Callable[[Stage], NativeClient]
    code: Code | None


ROWS: dict[str, Row] = {
    "max_connections": Row(("--max-connections", "1"), second_comer, Code.BUSY),
    "max_connections_per_address": Row(("--max-connections-per-address", "1"), second_comer, Code.ADDRESS_LIMIT),
    "address_connect_rate": Row(
        ("--address-connect-rate", NEVER, "--address-connect-burst", "1"), second_comer, Code.RATE_LIMITED
    ),
    "max_pending": Row(("--max-pending", "1"), first_of_two_who_wait, Code.BUSY),
    "hello_timeout": Row(("--hello-timeout", "0.5"), who_says_no_hello, Code.HELLO_TIMEOUT),
    "max_text": Row(("--max-text", "10"), who_says("x" * 11), Code.TEXT_TOO_LONG),
    "max_frame": Row(("--max-frame", "1024"), who_says("x" * 1024), Code.FRAME_TOO_LONG),
    "outbox_bytes": Row(("--outbox-bytes", str(256 * 1024), *FAST), who_reads_nothing, None),
    "outbox_total": Row(
        ("--outbox-total", str(1024 * 1024), "--outbox-bytes", str(64 * 1024 * 1024), *FAST), who_reads_nothing, None
    ),
    "memory_mark": Row(("--memory-mark", str(1024 * 1024)), who_comes_to_a_full_node, Code.MEMORY_LIMIT),
    "max_replay": Row(("--max-replay", "1"), who_was_away, None),
    "max_rooms_per_session": Row(("--max-rooms-per-session", "2"), who_joins("#a", "#b"), Code.TOO_MANY_ROOMS),
    "max_members": Row(("--max-members", "1"), second_in_a_room, Code.ROOM_FULL),
    "max_rooms": Row(("--max-rooms", "2"), who_joins("#a", "#b"), Code.TOO_MANY_ROOMS_IN_ALL),
    "message_rate": Row(("--message-rate", NEVER, "--message-burst", "1"), who_says("1", "2"), Code.RATE_LIMITED),
    "join_rate": Row(("--join-rate", NEVER, "--join-burst", "1"), who_joins("#a", "#b"), Code.RATE_LIMITED),
    "address_message_rate": Row(
        ("--address-message-rate", NEVER, "--address-message-burst", "1"), two_who_say, Code.RATE_LIMITED
    ),
    "address_join_rate": Row(
        ("--address-join-rate", NEVER, "--address-join-burst", "1"), second_hello, Code.RATE_LIMITED
    ),
    "proxy_from": Row(("--proxy-from", "192.0.2.9"), who_forges, Code.BAD_PROXY),
}


def http_text(node: Node, page: str) -> str:
    with urllib.request.urlopen(f"http://{node.http_address}/{page}", timeout=10) as answer:
        return str(answer.read().decode())


def counted_at(node: Node, limit: str) -> float:
    line = f'hydrachat_limited_total{{limit="{limit}"}} '
    rows = http_text(node, "metrics").splitlines()
    return next(float(row.removeprefix(line)) for row in rows if row.startswith(line))


@pytest.fixture(scope="module")
def town(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A Redis; each test has a node of its own."""
    with Deployment(redis_server, tmp_path_factory.mktemp("limits"), nodes=0, lease=20.0) as town:
        yield town


def test_none_is_left_out() -> None:
    assert set(ROWS) == set(COUNTED)


@pytest.mark.parametrize("limit", ROWS)
def test_a_limit_has_its_code_and_its_count(town: Deployment, limit: str) -> None:
    row = ROWS[limit]
    node = town.make_node(f"n{next(NUMBERS)}", flags=[*counted(), *row.options])
    town.nodes = [node]
    town.start_nodes()
    try:
        with ExitStack() as stack:
            told = row.act(Stage(node, stack))
            if row.code is not None:
                told.expect_error(row.code)
            wait_until(lambda: counted_at(node, limit) >= 1, what=f"{limit} is counted")
            others = [name for name in ROWS if name != limit and counted_at(node, name)]
            assert not others, "nothing else has refused anything"
    finally:
        node.terminate()
        node.discard()
