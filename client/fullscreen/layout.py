"""Where the parts of the screen stand, and which of them there is room for."""

from __future__ import annotations

from client.fullscreen.side import Members, Side

SIDE_FROM = 68
"""Columns of the terminal from which there is a list of conversations; members have their own from:"""
MEMBERS_FROM = 100
CSS = """
Screen { layers: base; overflow: hidden; background: $background; color: $foreground; }
#head, #state { height: 1; background: $panel; }
#head:ansi, #state:ansi { text-style: reverse; }
#middle { height: 1fr; }
#side { width: 18; height: 100%; }
#list { width: 1fr; height: 100%; }
#members { width: 20; height: 100%; }
#typing { height: auto; min-height: 1; max-height: 6; }
#prompt { height: 1; }
#composer { width: 1fr; height: auto; max-height: 6; border: none; padding: 0; background: $background;
  scrollbar-size-vertical: 0; }
#composer:nocolor .text-area--cursor { text-style: reverse; }
#composer:ansi .text-area--cursor { text-style: reverse; }
"""


class Columns:
    """What stands beside the messages. Textual's thread."""

    def __init__(self, side: Side, members: Members) -> None:
        self._side, self._members = side, members
        self._with_side: bool | None = None  # None: as the width has it
        self._with_members: bool | None = None

    def arrange(self, width: int) -> None:
        """For a terminal of `width` columns."""
        self._side.display = width >= SIDE_FROM if self._with_side is None else self._with_side
        apart = width >= MEMBERS_FROM
        shown = self._with_members is not False
        self._members.display = shown and (apart or (self._with_members is True and not self._side.display))
        self._side.with_members = shown and not self._members.display

    def toggle_side(self) -> None:
        self._with_side = not self._side.display

    def toggle_members(self) -> None:
        self._with_members = not (self._members.display or (self._side.display and self._side.with_members))
