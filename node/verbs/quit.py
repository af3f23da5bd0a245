"""quit: leave in order. What the client said is answered and told before the bye."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wire.frames import Bye, Quit

if TYPE_CHECKING:
    from node.connection import Connection
    from node.session import Session

PATIENCE = 2.0
"""Seconds that a bye waits for answers, for the client's own last messages to come back, and for the end itself."""


def quit_(connection: Connection, _: Quit) -> None:
    session, house = connection.session, connection.house
    if session is not None:
        deadline = time.monotonic() + PATIENCE
        await_answers(session, deadline)
        _await_own_messages(session, deadline)
        connection.acks.leave(connection, in_order=True)
        connection.release()
        if house.registry.remove(session):
            connection.log_left("quit")
            _await_end(connection, session, deadline)
    connection.dismiss(Bye())


def _await_end(connection: Connection, session: Session, deadline: float) -> None:
    """Blocks until the cluster has ended it: who has read his bye has it behind him, and no token opens it any more."""
    ended = threading.Event()
    connection.house.cluster.end(session.id, session.claim, "quit", ended.set)
    ended.wait(max(0.0, deadline - time.monotonic()))


def await_answers(session: Session, deadline: float) -> None:
    """Blocks until all that was said has its answer; the publisher wakes us."""
    told = session.all_told = threading.Event()
    if session.told < session.said:
        told.wait(max(0.0, deadline - time.monotonic()))


def _await_own_messages(session: Session, deadline: float) -> None:
    """Blocks until this session's last message in each room was offered; the feeds wake us."""
    told = threading.Semaphore(0)
    waiting = 0
    for log, delivery in session.deliveries.items():
        last = session.accepted.get(log)
        if last is not None and log.startswith("#"):
            delivery.feed.finish(delivery, last, lambda _: told.release())
            waiting += 1
    for _ in range(waiting):
        if not told.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
