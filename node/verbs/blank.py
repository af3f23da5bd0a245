"""Lines that say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.verbs.pacing import BLANKS, in_passing
from wire import Blank

if TYPE_CHECKING:
    from node.connection import Connection


def blank(connection: Connection, _: Blank) -> None:
    """Reading them costs as much as reading others."""
    in_passing(connection, BLANKS)
