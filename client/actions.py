"""What the failover machine wants done. Carried out in order by the network thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from client.events import Event
from wire.address import Address
from wire.frames import ClientFrame


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection; it is called `link` from now on. Answer: `connected` or `lost`."""

    link: int
    address: Address


@dataclass(frozen=True, slots=True)
class Send:
    link: int
    frame: ClientFrame


@dataclass(frozen=True, slots=True)
class Close:
    """Write out what is waiting, without blocking, and close. Nothing more is heard of `link`."""

    link: int


@dataclass(frozen=True, slots=True)
class Emit:
    event: Event


Action: TypeAlias = Connect | Send | Close | Emit
