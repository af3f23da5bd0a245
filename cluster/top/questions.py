"""What is asked before something is done. Pure; one thread."""

from __future__ import annotations

from typing import Protocol

from cluster.operator.text import harmless
from cluster.top.book import NodeLine
from cluster.top.facts import Want


class Effects(Protocol):
    """What the desk wants done; all return at once."""

    def want(self, want: Want) -> None: ...
    def pace(self, interval: float) -> None: ...
    def hurry(self) -> None: ...
    def ask_filter(self, text: str) -> None: ...
    def ask_reason(self, nick: str) -> None: ...
    def kick(self, nick: str, reason: str) -> None: ...
    def drain(self, node: str, force: bool) -> None: ...
    def leave(self) -> None: ...


class Question(Protocol):
    """To be answered with a key before anything else is done. `answer`: whether it is answered."""

    @property
    def text(self) -> str: ...
    @property
    def choices(self) -> str: ...
    def answer(self, key: str) -> bool: ...


class DrainQuestion:
    """`force`: also where no other node is ready."""

    def __init__(self, line: NodeLine, effects: Effects) -> None:
        self._node, self._clients, self._effects = line.row.node, line.row.clients, effects
        self._force = False

    @property
    def text(self) -> str:
        many = "Its client moves" if self._clients == 1 else f"Its {self._clients} clients move"
        return f"Drain {harmless(self._node)}? {many} to the other nodes, then its process ends."

    @property
    def choices(self) -> str:
        if self._force:
            return "y yes, even if no other node is ready   f only if one is   n no"
        return "y yes   f also where no other node is ready   n no"

    def answer(self, key: str) -> bool:
        if key == "f":
            self._force = not self._force
        elif key == "y":  # only a plain yes is one
            self._effects.drain(self._node, self._force)
        return key != "f"


class KickQuestion:
    """Whether that user is kicked, for that reason."""

    def __init__(self, nick: str, reason: str, effects: Effects) -> None:
        self._nick, self._reason, self._effects = nick, reason, effects
        self.choices = "y yes   n no"

    @property
    def text(self) -> str:
        why = f', for the reason "{harmless(self._reason)}"' if self._reason else ", without a reason"
        return f"Kick {harmless(self._nick)}{why}?"

    def answer(self, key: str) -> bool:
        if key == "y":
            self._effects.kick(self._nick, self._reason)
        return True
