"""The order to drain, as it is published on a node's own channel: `!drain <seconds or -> <force or -> <order>`, and the
answer, as it stands in the node's row: `<order> accepted <clients>` or `<order> refused`."""

from __future__ import annotations

LONGEST = 3600.0
"""Seconds over which clients can be told to move at most."""
FORCE = "force"
REFUSED = "refused"
_ACCEPTED = "accepted"
_NONE = "-"


def payload(order: str, over: float | None, force: bool) -> str:
    """What to publish. `over`: seconds, None: the node chooses."""
    return f"!drain {_NONE if over is None else f'{over:g}'} {FORCE if force else _NONE} {order}"


def over_of(word: str) -> float | None:
    """The seconds in a payload. Raises ValueError where they are none, or not from 0 to `LONGEST`."""
    if word == _NONE:
        return None
    seconds = float(word)
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"{word} s")
    return seconds


def accepted(clients: int) -> str:
    """The answer of a node that had that many clients when it began. They are counted there and then: the first is
    told to go at once, so who looks at the row a moment later may find fewer."""
    return f"{_ACCEPTED} {clients}"


def clients_of(answer: str) -> int | None:
    """How many clients an accepting node had. None: it hasn't accepted, or is of a version that does not say."""
    word, _, number = answer.partition(" ")
    return int(number) if word == _ACCEPTED and number.isdecimal() else None
