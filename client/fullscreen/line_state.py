"""How the line stands, in a few words. Pure; times are seconds of one monotonic clock."""

from __future__ import annotations

from client import events as ev

NEWS_FOR = 30.0
"""How long something that is over stays to be read."""
STUCK_AFTER = 3.0
"""How long nothing of what one said may be accepted, on a good line, until that is told: Redis may be away."""


class LineState:
    """One thread."""

    def __init__(self) -> None:
        self.node = ""
        self.trouble = ""  # "reconnecting", "no node reachable"; "": all is well
        self._broken_at: float | None = None
        self._news = ""
        self._news_at = 0.0
        self._unsent = 0
        self._stuck_at: float | None = None  # since when none of it was accepted
        self._stuck = False

    @property
    def well(self) -> bool:
        return not (self.trouble or self._stuck)

    def hear(self, event: ev.Event, now: float) -> None:
        match event:
            case ev.Connected():
                self._well(event.node)
                if event.former:
                    self._tell("the old session is gone, in a new one", now)
            case ev.Disconnected():
                self.trouble = "reconnecting"
                self._broken_at = now
            case ev.Searching():
                self.trouble = "no node reachable, still trying"
                self._broken_at = now - event.seconds if self._broken_at is None else self._broken_at
            case ev.Moved():
                self._moved(event, now)
            case ev.Notice():
                self._tell(event.text, now)
            case ev.Stopped():
                self.trouble = "not connected"

    def _moved(self, event: ev.Moved, now: float) -> None:
        gone = None if self._broken_at is None else now - self._broken_at
        # Both may be told in one batch.
        took = "" if gone is None else f" in {gone:.1f} s" if gone >= 0.1 else " in under 0.1 s"
        where = f"connected to {event.node} again" if event.node == event.former else f"moved to {event.node}"
        self._well(event.node)
        self._tell(where + took + (", nothing missed" if event.complete else ""), now)

    def _well(self, node: str) -> None:
        self.node, self.trouble, self._broken_at = node, "", None

    def _tell(self, text: str, now: float) -> None:
        self._news, self._news_at = text, now

    def text(self, now: float, unsent: int) -> str:
        """Node, trouble or news, and how much waits to be sent."""
        waiting = f"{unsent} unsent"
        if self.trouble:
            self._stuck, self._stuck_at = False, None
            since = "" if self._broken_at is None or now - self._broken_at < 1 else f" {now - self._broken_at:.0f} s"
            return f"{self.trouble}…{since}" + (f" ({waiting})" if unsent else "")
        parts = [self._news] if self._news and now - self._news_at < NEWS_FOR else []
        still = self._standing_still(now, unsent)
        if unsent:
            parts.append(f"{waiting} for {still:.0f} s, still trying" if self._stuck else waiting)
        return " · ".join([self.node or "connecting…", *parts])

    def _standing_still(self, now: float, unsent: int) -> float:
        """Seconds since something was accepted, while something waits for that."""
        if not unsent or unsent < self._unsent or self._stuck_at is None:
            self._stuck_at = now if unsent else None
        self._unsent = unsent
        still = 0.0 if self._stuck_at is None else now - self._stuck_at
        self._stuck = still >= STUCK_AFTER
        return still
