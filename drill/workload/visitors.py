"""People who come and go: some quit, some crash and stay away, some crash and come back within the grace; on the way
they enter and leave a room, and say a little."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from client import ChatError
from drill.settings import Times
from drill.workload.notes import Notes
from drill.workload.person import patience
from drill.workload.stays import LOBBY
from drill.workload.talker import Talker

ROOM = "#ops"
ANSWER_WITHIN = 10.0


class Visitors:
    """One after the other, on a thread of its own, from `start` until `stop`; `fault` is set if it dies. What waits on
    it is woken by `stop`, or ends within the patience of one visitor. All visitors are kept until `settled`."""

    def __init__(self, name: str, servers: Sequence[str], notes: Notes, times: Times, rng: random.Random) -> None:
        self.fault: BaseException | None = None
        self._name, self._servers, self._notes, self._times, self._rng = name, list(servers), notes, times, rng
        self._patience = patience(times.grace)
        self._past: list[Talker] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"drill-{name}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The last one leaves. Any thread, idempotent."""
        self._over.set()

    def join(self) -> None:
        """Returns when it has left."""
        if self._thread.ident is not None:
            self._thread.join(60.0)

    def settled(self) -> None:
        """Whoever has left is gone for sure by now. After `join`."""
        for visitor in self._past:
            visitor.settled()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._visit()
                self._over.wait(self._rng.uniform(0.2, 1.0))
        except Exception as fault:  # noqa: BLE001 - the top of a thread: whatever it is, the drill must hear of it
            self.fault = fault

    def _visit(self) -> None:
        turn = len(self._past)
        start = self._rng.randrange(len(self._servers))
        servers = [*self._servers[start:], *self._servers[:start]]
        visitor = Talker(f"{self._name}-{turn + 1}", servers, self._notes, self._patience)
        self._past.append(visitor)
        ways: list[Callable[[Talker], None]] = [self._quit, self._crash, self._come_back]
        try:
            if visitor.enter(ANSWER_WITHIN):
                with suppress(ChatError):  # it may be in an outage, or have been put out
                    self._stay(visitor)
                ways[turn % len(ways)](visitor)
        finally:
            visitor.close()

    def _stay(self, visitor: Talker) -> None:
        visitor.join(ROOM)
        visitor.wait_in(ROOM, ANSWER_WITHIN)
        self._talk(visitor)
        if self._rng.random() < 0.5:
            visitor.leave(ROOM)
            visitor.wait_out(ROOM, ANSWER_WITHIN)

    def _talk(self, visitor: Talker) -> None:
        for _ in range(self._rng.randint(1, 4)):
            visitor.say(self._rng.choice([LOBBY, *visitor.rooms]))
            self._over.wait(self._rng.uniform(0.1, 0.5))

    def _quit(self, visitor: Talker) -> None:
        visitor.leaving()
        visitor.quit()

    def _crash(self, visitor: Talker) -> None:
        visitor.crash()

    def _come_back(self, visitor: Talker) -> None:
        visitor.plug.pull()
        self._over.wait(self._times.grace * self._rng.uniform(0.05, 0.5))
        visitor.plug.push()
        with suppress(ChatError):  # as above
            self._talk(visitor)
        visitor.chat.flush(ANSWER_WITHIN)
        self._quit(visitor)
