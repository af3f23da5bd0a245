"""What can go wrong for who uses the library.

ChatError
├── Unreachable     no node answered in time; `attempts` says what happened at each address
├── Refused         a node refused, for good; `code`, `text`, `suggestion` (a free nickname)
├── Unsure          it may or may not have been said: the session was lost meanwhile (R10)
├── Backlogged      too much waits to be accepted already
├── Closed          the client was closed, or quit, before there was an outcome
├── Crashed         a fault of this library; the cause is chained
└── LinkLost        one connection broke (inside the library only; it is healed by failover)
    └── Untrusted   what answers there is not who it should be, by its certificate, or does not speak TLS
"""

from __future__ import annotations

from collections.abc import Mapping

from wire.codes import Code


class ChatError(Exception):
    """Base of all that this package raises on purpose."""


class Unreachable(ChatError):
    """`attempts`: address -> why it failed last."""

    def __init__(self, attempts: Mapping[str, str]) -> None:
        self.attempts = dict(attempts)
        tried = "; ".join(f"{address}: {reason}" for address, reason in self.attempts.items())
        super().__init__(f"no node reachable ({tried or 'nothing was tried yet'})")


class Refused(ChatError):
    """`code`: see `wire.codes`, also one that this version does not know. `text` is for people."""

    def __init__(self, code: int, text: str, suggestion: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.suggestion = suggestion

    @property
    def name(self) -> str:
        """The code's name, or its number."""
        try:
            return Code(self.code).name
        except ValueError:
            return str(self.code)


class Unsure(ChatError):
    """The session was lost with this message on its way. It is not said again by itself."""


class Backlogged(ChatError):
    """Nothing was taken; try again when some of what waits has been accepted."""


class Closed(ChatError):
    """The client is closed."""


class Crashed(ChatError):
    """The network thread died of a fault of its own."""


class LinkLost(ChatError):
    """The connection broke, or could not be made; the text says why, in words."""


class Untrusted(LinkLost):
    """Who answers there can't be trusted, and could not if it were tried again; another server may be."""
