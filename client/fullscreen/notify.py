"""Calling the user: a bell, or a notification of the terminal (OSC 9, OSC 777). Pure."""

from __future__ import annotations

from client.fullscreen.cells import shown
from client.fullscreen.model import Ring

BELL, OSC9, OSC777, OFF = "bell", "osc9", "osc777", "off"
WAYS = (BELL, OSC9, OSC777, OFF)
APART = 2.0
"""Seconds between two calls: a burst is one."""
LONGEST = 120


class Notifier:
    """`tmux`: whether sequences have to be passed through it. One thread."""

    def __init__(self, way: str = BELL, *, tmux: bool = False) -> None:
        self._way = way if way in WAYS else BELL
        self._tmux = tmux
        self._last = float("-inf")

    def sequence(self, ring: Ring, now: float) -> str:
        """What to write to the terminal; "": nothing. `now`: monotonic seconds."""
        if self._way == OFF or now - self._last < APART:
            return ""
        self._last = now
        if self._way == BELL:
            return "\a"
        # Inside tmux the bell marks the window; the rest is for the terminal around it.
        return self._through(self._osc(ring)) + ("\a" if self._tmux else "")

    def _osc(self, ring: Ring) -> str:
        # A semicolon divides fields, and a number in the first one would be another request.
        title, text = (_short(one).replace(";", ",") for one in (ring.title, ring.text))
        if self._way == OSC9:
            return f"\x1b]9;{title}: {text}\a"
        return f"\x1b]777;notify;{title};{text}\a"

    def _through(self, sequence: str) -> str:
        return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\" if self._tmux else sequence


def _short(text: str) -> str:
    text = shown(text.replace("\n", " "))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
