"""The way of a message through this node, in the log, for who looks for one: only with `--log-level debug`.

There is none of this otherwise, not even a question whether to: who could tell something has no `Trace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Refused
from cluster.types import Entry, Published
from node.logs import Log

if TYPE_CHECKING:
    from node.delivery import Delivery


class Trace:
    """A message is `session` and `n`; an entry `log`, `epoch` and `offset`. Any thread."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def settled(self, session: str, n: int, outcome: Published | ClusterError) -> None:
        """What became of a `say` that came in here."""
        if isinstance(outcome, Published):
            where = outcome.position
            self._log.debug("said", session=session, n=n, log=outcome.log, epoch=where.epoch, offset=where.offset)
        else:
            # The reason, not the detail: that may be a name that somebody wrote.
            reason = str(outcome.reason) if isinstance(outcome, Refused) else type(outcome).__name__.lower()
            self._log.debug("refused", session=session, n=n, reason=reason)

    def delivered(self, entry: Entry, count: int) -> None:
        """It was offered to so many clients at once."""
        self._log.debug("delivered", log=entry.log, epoch=entry.epoch, offset=entry.offset, kind=str(entry.kind),
                        session=entry.session, n=entry.n, clients=count)  # fmt: skip

    def caught_up(self, delivery: Delivery, first: int) -> None:
        """One client, who was behind, was offered what stands from `first` on up to where it is now."""
        if delivery.next > first:
            self._log.debug("caught_up", session=delivery.session, log=delivery.feed.log, epoch=delivery.epoch,
                            first=first, last=delivery.next - 1)  # fmt: skip
