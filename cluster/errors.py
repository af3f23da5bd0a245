"""What can go wrong between a node and the others. OS and Redis errors become these at one
place, `mapping.py`; nobody above the cluster package sees a redis-py exception.

    ClusterError
    ├── Unavailable         Redis does not answer, or answers that it did not do it: try later
    │   └── Degraded        nothing was taken because Redis is known to be away
    ├── Fenced              the session is no longer this connection's: stop speaking for it
    ├── Refused             the request can't be done; `code` says why (a name of wire.codes)
    ├── LeaseLost           this node's heartbeat came too late: begin a new boot
    ├── NewerSchema         the data was written by a newer Hydrachat
    └── Stopped             the cluster object was stopped while the request waited
"""

from __future__ import annotations


class ClusterError(Exception):
    """Base of all errors of this package."""


class Unavailable(ClusterError):
    """Redis does not answer, or said that it did not do it."""


class NotDone(Unavailable):
    """Redis said that it did not do it: it is full, can't write to its disk, is no master …"""


class Degraded(Unavailable):
    """Redis is known to be away; the request was not taken."""


class Fenced(ClusterError):
    """The session's claim is another one now, or the session is gone. `ended`: how it ended, if that is known
    (`cluster.endings`), or ''."""

    def __init__(self, text: str = "", ended: str = "") -> None:
        super().__init__(text)
        self.ended = ended


class LeaseLost(ClusterError):
    """This node's heartbeat came too late."""


class NewerSchema(ClusterError):
    """The data was written by a newer version."""


class Stopped(ClusterError):
    """The cluster object was stopped before the request was answered."""


class Refused(ClusterError):
    """The request can't be done.

    `reason`: one of the names in `cluster.types.Reason`; `detail`: free nickname, last n …
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail
