"""Who was in which room when, as far as one can know it.

Who has left, in whatever way, can't know how long he was served: his node may have been deaf, his connection hung, his
session ended long before he noticed. The one proof is what he got of a log: when the last of it was said he was in. So
more than that is not owed to him. Who stays to the end is owed everything."""

from __future__ import annotations

from collections import defaultdict

from drill.history import Happening, Kind

FOREVER = float("inf")
NEVER = float("-inf")


class Stay:
    """`client` in `room`: came between `opening` and `entered`, left between `leaving` and `gone`. What was said up to
    `owed` he had to get; direct messages, up to `letters`."""

    __slots__ = ("client", "entered", "gone", "leaving", "letters", "opening", "owed", "room")

    def __init__(self, client: str, room: str, opening: float) -> None:
        self.client, self.room, self.opening = client, room, opening
        self.entered = self.leaving = self.owed = self.letters = self.gone = FOREVER


class Stays:
    """Follows a history, one happening after the other."""

    def __init__(self) -> None:
        self.all: list[Stay] = []
        self.by_place: dict[tuple[str, str], list[Stay]] = defaultdict(list)
        self.outages: dict[str, Happening] = {}  # client -> its DISCONNECTED, while it lasts
        self.renewals: list[tuple[Happening, float]] = []  # RENEWED, and when the lost session was certainly alive
        self._got: dict[str, dict[str, float]] = defaultdict(dict)  # client, log -> when the last was said that came
        self._steps = {
            Kind.OPENING: self._opening,
            Kind.ENTERED: self._entered,
            Kind.LEAVING: self._leaving,
            Kind.GONE: self._gone,
            Kind.RENEWED: self._renewed,
            Kind.DISCONNECTED: self._disconnected,
            Kind.MOVED: self._moved,
        }

    def got(self, client: str, log: str, said: float) -> None:
        """`client` received what was said at `said`; `log` empty: what he said was accepted."""
        logs = self._got[client]
        if said > logs.get(log, NEVER):
            logs[log] = said

    def follow(self, happening: Happening) -> None:
        """Any happening, in the order of the history."""
        if step := self._steps.get(happening.kind):
            step(happening)

    def alive(self, client: str) -> float:
        """Until when `client` certainly had its present session."""
        return max(self._got[client].values(), default=NEVER)

    def _opening(self, h: Happening) -> None:
        self._begin(h.client, h.to, h.at)

    def _begin(self, client: str, room: str, at: float) -> None:
        stay = Stay(client, room, at)
        self.all.append(stay)
        self.by_place[client, room].append(stay)

    def _entered(self, h: Happening) -> None:
        stays = self.by_place[h.client, h.to]
        if not stays or stays[-1].leaving != FOREVER:
            self._begin(h.client, h.to, stays[-1].leaving if stays else NEVER)
            for earlier in stays[:-1]:
                earlier.gone = min(earlier.gone, h.at)
        if stays[-1].entered == FOREVER:
            stays[-1].entered = h.at

    def _leaving(self, h: Happening) -> None:
        stays = self.by_place.get((h.client, h.to))
        if stays and stays[-1].leaving == FOREVER:
            self._end(stays[-1], h.at)

    def _end(self, stay: Stay, at: float) -> None:
        """It ended at `at` at the latest, as far as he knows."""
        stay.leaving = min(at, max(stay.opening, self.alive(stay.client)))
        stay.owed = min(at, self._got[stay.client].get(stay.room, stay.opening))
        stay.letters = min(at, self._got[stay.client].get("@", stay.opening))

    def _gone(self, h: Happening) -> None:
        """The end of the oldest that has been left: it may be noted when the client is in again."""
        for stay in self.by_place.get((h.client, h.to), ()):
            if stay.leaving != FOREVER and stay.gone == FOREVER:
                stay.gone = h.at
                return

    def _renewed(self, h: Happening) -> None:
        """A new session: its LEAVING, GONE and OPENING may be noted after this, or only its ENTERED."""
        stays = [stays[-1] for (client, _), stays in self.by_place.items() if client == h.client and stays]
        self.renewals.append((h, max([self.alive(h.client), *(stay.opening for stay in stays)])))
        for stay in stays:
            if stay.leaving == FOREVER:
                self._end(stay, h.at)
        self.outages.pop(h.client, None)

    def _disconnected(self, h: Happening) -> None:
        self.outages.setdefault(h.client, h)

    def _moved(self, h: Happening) -> None:
        self.outages.pop(h.client, None)
