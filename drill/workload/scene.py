"""What happens between a few people again and again: the promises of accounts, nicknames, rooms' rights and tokens.

They are in no room but their own, so that they do not hear all that the others talk, and are not in the others' books:
of who comes and goes only what they asked and were answered is noted."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

from client import ChatError
from drill.settings import Times
from drill.workload.notes import Notes
from drill.workload.person import patience
from drill.workload.role import Role

PAUSE = (0.1, 1.0)


class Scene:
    """From `start` until `stop` it is played over and over; then `curtain`, with all faults mended. `fault` is set if
    its thread dies. What waits in it is woken by `stop`, or ends within the patience of its people."""

    name = ""

    def __init__(self, servers: Sequence[str], notes: Notes, times: Times, rng: random.Random) -> None:
        self.fault: BaseException | None = None
        self._servers, self._notes, self._times, self._rng = list(servers), notes, times, rng
        self._patience = patience(times.grace)
        self._over = threading.Event()
        self._abandoned = False
        self._roles: list[Role] = []
        self._thread = threading.Thread(target=self._run, name=f"drill-{self.name}")
        self._cast()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """The last round ends, and everybody leaves. Any thread, idempotent."""
        self._over.set()

    def abandon(self) -> None:
        """As `stop`, but nothing is waited for."""
        self._abandoned = True
        self.stop()
        for role in self._roles:
            role.abandon()

    def join(self) -> None:
        """Returns when all have left."""
        if self._thread.ident is not None:
            self._thread.join(self._times.settle + 60.0)

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                try:
                    self._play()
                except ChatError:
                    pass  # a client has ended by itself: it begins anew
                self._pause()
            if not self._abandoned:
                self._curtain()
        except Exception as fault:  # noqa: BLE001 - the top of a thread: whatever it is, the drill must hear of it
            self.fault = fault
        finally:
            self._close()

    def _pause(self, most: float = PAUSE[1]) -> None:
        self._over.wait(self._rng.uniform(PAUSE[0], most))

    def _turned(self) -> list[str]:
        """The servers, beginning at any."""
        start = self._rng.randrange(len(self._servers))
        return [*self._servers[start:], *self._servers[:start]]

    # -- for subclasses, on its own thread --------------------------------------------------

    def _cast(self) -> None:
        """Who plays in it; on the thread that makes it."""
        raise NotImplementedError

    def _play(self) -> None:
        """One round. May raise ChatError."""
        raise NotImplementedError

    def _curtain(self) -> None:
        """The end, with all faults mended: whatever is owed to somebody has time to come."""
        for role in self._roles:
            role.flush()

    def _close(self) -> None:
        """Ends whatever runs."""
        for role in self._roles:
            role.close()
