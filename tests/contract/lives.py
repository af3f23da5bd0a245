"""What the tests of R5 share: lives of the data that end, and what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from cluster.errors import ClusterError
from cluster.seam import Health
from cluster.types import Position, Published
from tests.contract.conftest import RealRedis
from tests.contract.recorder import DEADLINE
from tests.contract.space import LOBBY, Node, Space, User
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until


def gaps(space: Space, log: str = LOBBY) -> list[str]:
    return [fields["text"] for fields in space.kinds(log, "gap")]


def wait_recovered(*nodes: Node, times: int = 1) -> None:
    for node in nodes:
        with suppress(ClusterError):
            node.cluster.rooms()  # who asks notices at once; else the next heartbeat does
    for node in nodes:
        node.events.wait(lambda node=node: len(node.events.recovered) >= times, "recovered")  # type: ignore[misc]
        node.wait_health(Health.SERVING)


def restart(server: RealRedis) -> None:
    server.kill()
    server.up()


def wait_healed(space: Space) -> None:
    """Until all that was staged is in the logs: a heartbeat after the term opened, if nobody asks before."""
    wait_until(lambda: not space.admin.exists(space.key("healing")), what="healed")


def wait_open(space: Space) -> None:
    """Until nobody is waited for any more, be it since the time for that is over."""

    def is_open() -> bool:
        state, until = space.admin.hmget(space.key("term"), "state", "until")
        seconds, micros = space.admin.time()
        return bool(state == "open" or int(until) < seconds * 1000 + micros // 1000)

    wait_until(is_open, what="the term is open")


def recall(space: Space, *nodes: Node, log: str = LOBBY) -> None:
    """What a feed does when it turns: it remembers the entries by their places in the new epoch."""
    for node in nodes:
        entries = node.read_all(log, Position("", 0))
        with node.events.changed:
            node.events.entries = [entry for entry in node.events.entries if entry.log != log]
            node.events.recalled = [entry for entry in node.events.recalled if entry.log != log] + entries
            node.events.positions[log] = Position(entries[-1].epoch, entries[-1].offset)


def texts(space: Space, log: str = LOBBY) -> list[str]:
    return [fields["text"] for fields in space.kinds(log, "message")]


def offsets(space: Space, log: str = LOBBY) -> list[int]:
    return [offset for offset, _ in space.stream(log)]


def keep_only(node: Node, *kept: str) -> None:
    """The node has heard no other messages in the lobby than these."""
    with node.events.changed:
        node.events.entries = [e for e in node.events.entries if e.kind != "message" or e.text in kept]


def talk(alice: User, count: int, *nodes: Node, what: str = "lost") -> list[Published]:
    said = [alice.said(f"{what} {i}") for i in range(count)]
    for node in nodes:
        node.wait_texts([f"{what} {i}" for i in range(count)])
    return said


def after(node: Node, cursor: Position) -> list[str]:
    """What a client with this cursor is sent: texts of messages, and gaps."""
    page = node.cluster.read(LOBBY, cursor, 100)
    told = [entry.text for entry in page.entries if entry.kind in ("message", "gap")]
    return told if not page.lost_first else [*told, f"beyond {page.lost_first}"]


@contextmanager
def slow_to_remember(node: Node) -> Iterator[threading.Event]:
    """The node's recovery stands still before it offers anything, until the event is set."""
    gate, remembered = threading.Event(), node.events.remembered

    def in_time() -> object:
        found = remembered()  # a feed takes nothing of an epoch that it was not led to
        assert gate.wait(2 * DEADLINE)
        return found

    node.events.remembered = in_time  # type: ignore[assignment, method-assign]
    try:
        yield gate
    finally:
        gate.set()


def meanwhile(
    proxy: Proxy, act: Callable[[], object], done: Callable[[], bool], between: Callable[[], object]
) -> object:
    """Runs `act`, whose answer is lost after it was done; `between` happens before it is asked again."""
    with ThreadPoolExecutor(1) as pool:
        proxy.hold("publisher", requests=False)
        acting = pool.submit(act)
        wait_until(done, what="done in Redis")
        between()
        proxy.cut("publisher")
        proxy.release()
        return acting.result(DEADLINE)
