"""What strangers may take of a node, and of the cluster: each limit with its default, its range and its words.

Each has a code with which it refuses (wire/codes.py), a count in `hydrachat_limited_total`, and an option of
`hydrachat node`. What each of them protects stands in docs/security.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Range(NamedTuple):
    """The least and the most that is allowed, in what unit, and what it limits, for `--help`."""

    least: float
    most: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """0 switches a limit off, where its range begins with 0. Rates are per second; a burst is what may come at once
    after a rest."""

    max_connections: int = 10_000
    max_connections_per_address: int = 200
    address_connect_rate: float = 50.0
    address_connect_burst: int = 600
    max_pending: int = 2000
    hello_timeout: float = 10.0
    max_text: int = 16 * 1024
    max_frame: int = 64 * 1024
    outbox_bytes: int = 1024 * 1024
    outbox_total: int = 512 * 1024 * 1024
    memory_mark: int = 0
    max_replay: int = 10_000
    max_rooms_per_session: int = 50
    max_members: int = 50_000
    max_rooms: int = 20_000
    message_rate: float = 50.0
    message_burst: int = 200
    join_rate: float = 5.0
    join_burst: int = 60
    address_message_rate: float = 500.0
    address_message_burst: int = 2000
    address_join_rate: float = 50.0
    address_join_burst: int = 600


MB = 1024 * 1024
RANGES: Mapping[str, Range] = {
    "max_connections": Range(1, 1_000_000, "N", "Clients of this node."),
    "max_connections_per_address": Range(0, 1_000_000, "N", "Clients of this node from one address."),
    "address_connect_rate": Range(0, 1_000_000, "N", "Connections a second from one address."),
    "address_connect_burst": Range(1, 1_000_000, "N", "… and so many at once."),
    "max_pending": Range(1, 1_000_000, "N", "Clients that have not said hello yet; of more the oldest goes."),
    "hello_timeout": Range(0.05, 3600, "SECONDS", "A client that has not said hello by then is closed."),
    "max_text": Range(1, 16 * 1024, "BYTES", "Of one text."),
    "max_frame": Range(1024, 64 * 1024, "BYTES", "Of one line."),
    "outbox_bytes": Range(256 * 1024, 1024 * MB, "BYTES", "What may wait for one client."),
    "outbox_total": Range(MB, 1024 * 1024 * MB, "BYTES", "What may wait for all clients together."),
    "memory_mark": Range(0, 1024 * 1024 * MB, "BYTES", "Above so much of memory no new client is taken."),
    "max_replay": Range(1, 10_000_000, "N", "Entries of one log that a client is sent when it resumes."),
    "max_rooms_per_session": Range(1, 1000, "N", "Rooms that one session may be in."),
    "max_members": Range(1, 10_000_000, "N", "Members of one room."),
    "max_rooms": Range(1, 10_000_000, "N", "Rooms with members in all."),
    "message_rate": Range(0, 1_000_000, "N", "Messages a second of one session."),
    "message_burst": Range(1, 1_000_000, "N", "… and so many at once."),
    "join_rate": Range(0, 1_000_000, "N", "Joins, leaves and renames a second of one session."),
    "join_burst": Range(1, 1_000_000, "N", "… and so many at once."),
    "address_message_rate": Range(0, 1_000_000, "N", "Messages a second from one address."),
    "address_message_burst": Range(1, 1_000_000, "N", "… and so many at once."),
    "address_join_rate": Range(0, 1_000_000, "N", "Hellos, joins, leaves and renames a second from one address."),
    "address_join_burst": Range(1, 1_000_000, "N", "… and so many at once."),
}
DEFAULTS: Mapping[str, float] = {name: getattr(Limits(), name) for name in RANGES}
COUNTED = (*(name for name in RANGES if not name.endswith("_burst")), "proxy_from")
"""Values of `limit` in `hydrachat_limited_total`. A burst has its rate's."""
