"""What a desk asks for, written down."""

from __future__ import annotations

from typing import Any


class Effects:
    """`asked`: each call as (name, arguments …)."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def want(self, want: Any) -> None:
        self.asked.append(("want", want.view, want.room))

    def pace(self, interval: float) -> None:
        self.asked.append(("pace", interval))

    def hurry(self) -> None:
        self.asked.append(("hurry",))

    def ask_filter(self, text: str) -> None:
        self.asked.append(("filter", text))

    def ask_reason(self, nick: str) -> None:
        self.asked.append(("reason", nick))

    def kick(self, nick: str, reason: str) -> None:
        self.asked.append(("kick", nick, reason))

    def drain(self, node: str, force: bool) -> None:
        self.asked.append(("drain", node, force))

    def leave(self) -> None:
        self.asked.append(("leave",))
