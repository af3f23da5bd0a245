"""Carries out a schedule of faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from drill.faults.fault import Fault, Planned
from drill.faults.registry import FAULTS
from drill.history import Happening, Kind
from drill.nemesis.schedule import fits

if TYPE_CHECKING:
    from drill.world import World

NAME = "nemesis"
"""The client under which the history has what it does."""


class Nemesis:
    """Begins each fault when its time has come and what it needs is free, and ends it: `end` follows each `begin`.

    One thread keeps the time, one more for each fault that is on. `stop` wakes them all; they end by themselves after
    the last fault. What they raise becomes `trouble`, and the drill one that could not be run."""

    def __init__(
        self,
        world: World,
        planned: Sequence[Planned],
        note: Callable[[Happening], None],
        faults: Mapping[str, Fault] = FAULTS,
    ) -> None:
        self.not_run: dict[str, str] = {}  # class -> why
        self.done = 0
        self._world, self._planned, self._note, self._faults = world, planned, note, faults
        self._changed = threading.Condition()  # guards the fields below, `done` and `not_run`
        self._stopping = False
        self._trouble: list[str] = []
        self._busy: dict[int, frozenset[str]] = {}  # number -> what it needs
        self._threads: list[threading.Thread] = []
        self._keeper = threading.Thread(target=self._run, name="nemesis")

    @property
    def trouble(self) -> str:
        """Why the drill is none: what could not be begun or ended. Empty: nothing. Any thread."""
        with self._changed:
            return "; ".join(self._trouble)

    @property
    def active(self) -> list[Planned]:
        """What is broken at the moment. Any thread."""
        with self._changed:
            return [planned for planned in self._planned if planned.number in self._busy]

    def start(self) -> None:
        """Returns when it is known what can't be injected; the first fault's time counts from then."""
        for name in dict.fromkeys(planned.fault for planned in self._planned):
            reason = self._faults[name].cannot(self._world)
            if reason:
                self.not_run[name] = reason
                self._note(Happening(NAME, Kind.NOT_RUN, name, text=reason))
        self._keeper.start()

    def stop(self) -> None:
        """No fault begins any more, those that are on end now. Does not wait. Idempotent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self, timeout: float | None = None) -> bool:
        """Waits for the last fault's end. Returns whether it came within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._keeper.ident is None:
            return True
        # The keeper first: until it ends there may be more of the others.
        return _ended(self._keeper, deadline) and all(_ended(thread, deadline) for thread in self._begun())

    def _begun(self) -> list[threading.Thread]:
        with self._changed:
            return list(self._threads)

    def _run(self) -> None:
        start = time.monotonic()
        for planned in self._planned:
            if planned.fault in self.not_run:
                continue
            if self._stopped_within(start + planned.at - time.monotonic()):
                return
            thread = threading.Thread(target=self._inject, args=(planned,), name=f"fault-{planned.number}")
            with self._changed:
                self._threads.append(thread)
            thread.start()

    def _stopped_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, max(0.0, seconds))

    def _inject(self, planned: Planned) -> None:
        fault = self._faults[planned.fault]
        if not self._take(planned, fault):
            return
        try:
            self._tell(Kind.FAULT, planned, planned.detail)
            until = time.monotonic() + planned.seconds
            fault.begin(self._world, planned)
            self._stopped_within(until - time.monotonic())
            self._end(fault, planned)
        except Exception as error:  # noqa: BLE001 - whatever it is, the drill did not do what it says it did
            self._fail(planned, f"{planned.fault} of {planned.target}: {error!r}")
        finally:
            with self._changed:
                del self._busy[planned.number]
                self._changed.notify_all()

    def _end(self, fault: Fault, planned: Planned) -> None:
        fault.end(self._world, planned)
        self._tell(Kind.HEALED, planned)
        with self._changed:
            self.done += 1

    def _take(self, planned: Planned, fault: Fault) -> bool:
        """Waits until what it needs is free: what came before may last longer than planned. False: stopped."""
        words = fault.exclusive(planned)

        def free() -> bool:
            return self._stopping or fits(self._busy.values(), words, len(self._world.nodes))

        with self._changed:
            self._changed.wait_for(free)
            if self._stopping:
                return False
            self._busy[planned.number] = words
            return True

    def _fail(self, planned: Planned, text: str) -> None:
        with self._changed:
            self._trouble.append(text)
        self._tell(Kind.NOT_RUN, planned, text)

    def _tell(self, kind: Kind, planned: Planned, text: str = "") -> None:
        self._note(Happening(NAME, kind, planned.fault, planned.target, text, n=planned.number))


def _ended(thread: threading.Thread, deadline: float | None) -> bool:
    thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
    return not thread.is_alive()
