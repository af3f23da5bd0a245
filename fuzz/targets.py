"""The targets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fuzz.client import client
from fuzz.names import names
from fuzz.proxy import proxy
from fuzz.screen import screen
from fuzz.server import server
from fuzz.tls import tls
from fuzz.typed import typed

Target = Callable[[bytes], None]

TARGETS: Mapping[str, Target] = {
    "server": server,
    "client": client,
    "typed": typed,
    "names": names,
    "proxy": proxy,
    "screen": screen,
    "tls": tls,
}
