"""The end of a drill: everybody gets everything, the operator looks, everybody leaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from client import ChatError
from drill.history import Happening, Kind
from drill.processes.waiting import wait_until
from drill.settings import Times
from drill.workload.notes import UNNOTED, Notes
from drill.workload.socketed import SocketUser
from drill.workload.stays import LOBBY
from drill.workload.talker import Talker
from drill.workload.visitors import ROOM, Visitors

if TYPE_CHECKING:
    from drill.workload.crowd import Crowd

log = logging.getLogger("hydrachat.drill")
OPERATOR = "operator"
ENTER_WITHIN = 30.0


class Cluster(Protocol):
    """What of a world the end needs."""

    def presence(self) -> dict[str, str]: ...

    def log_entries(self, room: str) -> list[dict[str, str]]: ...


class Ending:
    """Each step waits for something that must become true, all together no longer than `times.settle`. What is not true
    by then is not judged here: the history shows it."""

    def __init__(self, crowd: Crowd, notes: Notes, times: Times, cluster: Cluster) -> None:
        self._crowd, self._notes, self._times, self._cluster = crowd, notes, times, cluster
        self._until = 0.0

    def all_in(self) -> bool:
        """Whether all with bare sockets have come in, in time."""
        self._until = time.monotonic() + ENTER_WITHIN
        return self._wait(lambda: all(user.is_in for user in self._crowd.sockets), "all in")

    def run(self) -> bool:
        """Whether all was settled in time."""
        self._until = time.monotonic() + self._times.settle
        settled = [
            self._wait(self._all_answered, "all that was said has an outcome"),
            self._wait(self._all_present, "presence is true"),
            self._last_words(),
        ]
        self._look()
        self._crowd.notes.shut()
        self._leave()
        return all(settled)

    def _wait(self, probe: Callable[[], bool], what: str) -> bool:
        try:
            wait_until(probe, max(1.0, self._until - time.monotonic()), what)
        except TimeoutError as error:
            log.warning("not settled: %s", error)
            return False
        return True

    @property
    def _living(self) -> list[Talker]:
        return [talker for talker in self._crowd.talkers if not talker.is_over]

    def _all_answered(self) -> bool:
        crowd = self._crowd
        talkers = all(talker.pending == 0 and talker.node and LOBBY in talker.rooms for talker in self._living)
        return talkers and all(user.is_settled for user in crowd.natives) and all(user.is_in for user in crowd.plains)

    def _all_present(self) -> bool:
        """Who is here is shown where he is, and nobody else."""
        shown = self._presence()
        return shown is not None and shown == self._truth()

    def _truth(self) -> Mapping[str, str]:
        natives = {user.nick: f"{user.node} here" for user in self._crowd.natives}
        return natives | {talker.nick: f"{talker.node} here" for talker in self._living}

    def _presence(self) -> dict[str, str] | None:
        """None: Redis can't be asked just now. Plain people do not know their node."""
        try:
            shown = self._cluster.presence()
        except Exception as error:  # noqa: BLE001 - whatever the world's Redis client raises: it is asked again
            log.info("presence: %s", error)
            return None
        plain = {user.nick: shown.pop(user.nick, "") for user in self._crowd.plains}
        return shown if all(state.endswith(" here") for state in plain.values()) else None

    # -- the last words: in one order with all that was said before -------------------------------

    def _last_words(self) -> bool:
        living = self._living
        speakers = [talker.nick for talker in living]
        for turn, talker in enumerate(living):
            self._say_last(talker, [*sorted(talker.rooms), f"@{living[turn - 1].nick}"])
        for user in self._crowd.sockets:
            user.finish()
        return self._wait(lambda: self._all_heard(living, speakers), "everybody has heard everybody's last words")

    def _say_last(self, talker: Talker, places: Sequence[str]) -> None:
        try:
            for to in places:
                talker.say_last(to)
        except ChatError:
            pass  # it has stopped; that is noted

    def _all_heard(self, living: Sequence[Talker], speakers: Sequence[str]) -> bool:
        lobby = {(LOBBY, nick) for nick in speakers}
        ops = {(ROOM, talker.nick) for talker in living if ROOM in talker.rooms}
        for turn, talker in enumerate(living):
            letter = {("@", living[(turn + 1) % len(living)].nick)}
            if talker.pending or not talker.ends >= lobby | letter | (ops if ROOM in talker.rooms else set()):
                return False
        others = self._crowd.sockets
        return all(user.ends >= lobby for user in others) and all(user.is_settled for user in self._crowd.natives)

    # -- the operator, and the farewell ------------------------------------------------------------

    def _look(self) -> None:
        """Those who are here stay on in the history: it ends with what the operator sees."""
        for one in self._everybody():
            one.settled()
        at = time.monotonic()
        try:
            shown, rooms = self._cluster.presence(), {room: self._cluster.log_entries(room) for room in (LOBBY, ROOM)}
        except Exception as error:  # noqa: BLE001 - whatever the world's Redis client raises: the history lacks it then
            log.warning("the operator could not look: %s", error)
            return
        for nick, state in shown.items():
            if not nick.startswith(UNNOTED):
                self._notes.add(Happening(OPERATOR, Kind.PRESENCE, who=nick, text=state, at=at))
        for room, entries in rooms.items():
            for entry in entries:
                if entry.get("kind") == "message":
                    who, session, n = entry["nick"], entry["session"], int(entry["n"])
                    place = int(entry["offset"])
                    self._notes.add(Happening(OPERATOR, Kind.LOGGED, room, who, offset=place, session=session, n=n))

    def _everybody(self) -> list[Talker | SocketUser | Visitors]:
        crowd = self._crowd
        return [*crowd.talkers, *crowd.sockets, *crowd.visitors]

    def _leave(self) -> None:
        crowd = self._crowd
        for user in crowd.sockets:
            user.stop()
        for talker in crowd.talkers:
            talker.quit()
        for user in crowd.sockets:
            user.join()
