"""help: what a person may type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.verbs.pacing import HELPS, in_passing
from wire.plain import ASK, HELP, Help

if TYPE_CHECKING:
    from node.connection import Connection


def help_(connection: Connection, _: Help) -> None:
    if in_passing(connection, HELPS):
        connection.outbox.offer(HELP if connection.session else HELP + ASK)
