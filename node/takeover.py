"""Asks whether a session is still ours, when the cluster says that another claim took it.

Such word may be late: the client went there, came back to us, and we hear of its going only then.
TAKEN_OVER is final for a client, so it must be true. The cluster passes over most late word by the times at which
a session was taken (`cluster.fresh`), but not all of it: it remembers them for a minute only, forgets them with the
lease, and two Redis servers of one group have two clocks. A claim is compared for equality and errs in none of
these; moves are rare enough for one more script. A session script answers `fenced` before it
looks at anything else; leaving a room where the session can't be is one that changes nothing.
"""

from __future__ import annotations

from typing import Protocol

from cluster.errors import ClusterError, Fenced, Refused, Stopped
from cluster.types import Membership
from node.delivery import RETRY
from node.registry import Registry
from node.session import Session
from node.verbs.refusals import fenced

NOWHERE = "#/"
"""No room can be called so."""


class Leaver(Protocol):
    """`ClusterSeam.leave`."""

    def __call__(self, session: str, claim: str, room: str) -> Membership: ...


class Doubt:
    """A task of the workers."""

    __slots__ = ("_leave", "_registry", "_session")

    def __init__(self, session: Session, registry: Registry, leave: Leaver) -> None:
        self._session = session
        self._registry = registry
        self._leave = leave

    def step(self) -> float | None:
        session = self._session
        if self._registry.get(session.id) is not session:
            return None
        try:
            self._leave(session.id, session.claim, NOWHERE)
        except Fenced as error:
            if self._registry.remove(session):
                session.connection.dismiss(fenced(error))
        except (Refused, Stopped):
            return None
        except ClusterError:
            return RETRY
        return None
