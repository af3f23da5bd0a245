"""An operator's desk on a test's own keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster.link import Link
from cluster.operator.acting import Desk
from tests.contract.space import Space


@contextmanager
def desk_at(space: Space) -> Iterator[Desk]:
    link = Link(space.backend.url, 5.0, "operator")
    try:
        at = Desk(link, space.prefix, space.backend.identity)
        at.open()
        yield at
    finally:
        link.close()
