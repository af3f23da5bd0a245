"""Keeps children running, and stops them in order.

One loop, on the main thread, over one queue that the readers and the signal handlers feed. The
queue is a SimpleQueue, whose `put` may interrupt itself (signal handlers run between any two
instructions of the main thread); it is bounded by hand: lines beyond `MOST_WAITING` are dropped
and counted, deaths and signals are never dropped.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cluster.up.child import Child, Exited, Said
from cluster.up.logfile import LogFile
from cluster.up.plan import Spec
from cluster.up.slot import Death, Slot, in_words

MOST_WAITING = 10_000
TICK = 0.5
# Seconds in which a second signal is taken for the first: a wrapper (make, timeout, a container's
# init) may pass on the Ctrl-C that the terminal sent to everybody.
ECHO = 0.7
# Seconds in which a recall also means who leaves only now: who asks can't see when a process has ended.
RECALLED = 2.0
AFTER_KILL = 5.0  # seconds; only a process stuck in the kernel needs longer


@dataclass(frozen=True, slots=True)
class Poke:
    """Wakes the loop: a signal came."""


class Supervisor:
    """Main thread only, but for `request_stop` and `recall`, which a signal handler may call.

    `hear(spec, line)` gets each line of each child, `died` each death that was not asked for, `missed`
    how many lines were dropped because `hear` was slower than the children. While one of them
    blocks (a terminal that was stopped) nothing is started again; the children run on.
    """

    def __init__(
        self,
        logs: Path,
        hear: Callable[[Spec, bytes], None],
        died: Callable[[Death], None],
        missed: Callable[[int], None],
    ) -> None:
        self.slots: dict[str, Slot] = {}
        self.stop_requests = 0
        self._dropped = 0
        self._drop_lock = threading.Lock()  # guards _dropped
        self._missed = missed
        self._logs = logs
        self._hear = hear
        self._died = died
        self._events: queue.SimpleQueue[Said | Exited | Poke] = queue.SimpleQueue()
        self._stopping = False
        self._recalled = False
        self._recalled_at = -RECALLED
        self._first_request = 0.0

    # -- running -------------------------------------------------------------------------

    def start(self, spec: Spec) -> None:
        """Registers and starts a child; from then on it is started again when it dies."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("children must be started by the main thread, which holds their leash")
        slot = Slot(spec, LogFile(self._logs / f"{spec.name}.log"))
        self.slots[spec.name] = slot
        self._spawn(slot)

    def runs(self, name: str) -> bool:
        """Whether that child's process lives, as far as we know."""
        slot = self.slots.get(name)
        return slot is not None and slot.child is not None

    def request_stop(self) -> None:
        """Ends `pump`; a second request makes `stop` kill at once, unless it is but an echo."""
        now = time.monotonic()
        if self.stop_requests and now - self._first_request < ECHO:
            return
        if not self.stop_requests:
            self._first_request = now
        self.stop_requests += 1
        self._events.put(Poke())

    def recall(self) -> None:
        """Starts again who left by order, or does so in the next moment; nobody else is touched."""
        self._recalled = True
        self._events.put(Poke())

    def pump(self, until: Callable[[], bool], deadline: float | None = None) -> bool:
        """Handles events until `until()`, a stop request, or `deadline` (monotonic seconds; None:
        never). Returns whether `until()` holds."""
        while not (self.stop_requests or until()):
            if deadline is not None and time.monotonic() >= deadline:
                return False
            self._step(deadline)
        return until()

    def _step(self, deadline: float | None = None) -> None:
        due = [slot.due for slot in self.slots.values() if slot.due is not None]
        ends = [*due, *([deadline] if deadline is not None else [])]
        wait = min([TICK, *(end - time.monotonic() for end in ends)])
        try:
            self._handle(self._events.get(timeout=max(wait, 0.001)))
        except queue.Empty:
            self._tell_missed()
        self._start_due()

    def _handle(self, event: Said | Exited | Poke) -> None:
        if isinstance(event, Said):
            self._hear(event.child.spec, event.line)
        elif isinstance(event, Exited):
            self._bury(event)

    def _bury(self, event: Exited) -> None:
        slot = self.slots[event.child.spec.name]
        slot.child = None
        event.child.join(1.0)
        if self._stopping:
            return
        if event.code == 0 and slot.spec.may_leave:
            slot.left = True
            recalled = time.monotonic() - self._recalled_at < RECALLED
            slot.due = time.monotonic() if recalled else None
            self._died(Death(slot.spec, in_words(0), (), 0.0 if recalled else None))
        else:
            self._again(slot, in_words(event.code), tuple(event.child.tail))

    def _again(self, slot: Slot, reason: str, last_words: tuple[bytes, ...] = ()) -> None:
        wait = max(slot.backoff.died(time.monotonic() - slot.started), slot.spec.rest)
        slot.due = time.monotonic() + wait
        self._died(Death(slot.spec, reason, last_words, wait))

    def _start_due(self) -> None:
        if self._recalled:
            self._recalled, self._recalled_at = False, time.monotonic()
            for slot in self.slots.values():
                slot.due = time.monotonic() if slot.left else slot.due
        for slot in self.slots.values():
            if slot.due is not None and slot.due <= time.monotonic() and not self._stopping:
                try:
                    self._spawn(slot)
                except OSError as error:
                    self._again(slot, f"can't be started: {error.strerror}")

    def _spawn(self, slot: Slot) -> None:
        slot.due, slot.left = None, False
        slot.started = time.monotonic()
        slot.child = Child(slot.spec, self._tell, slot.log)

    def _tell(self, event: Said | Exited) -> None:
        """On the readers' threads. Never blocks: a full queue costs lines on our screen, not a
        node that waits for its log (the file has them all)."""
        if isinstance(event, Said) and self._events.qsize() >= MOST_WAITING:
            with self._drop_lock:
                self._dropped += 1
            return
        self._events.put(event)

    def _tell_missed(self) -> None:
        with self._drop_lock:
            count, self._dropped = self._dropped, 0
        if count:
            self._missed(count)

    # -- stopping ------------------------------------------------------------------------

    def stop(self) -> list[str]:
        """Stops group by group, each politely and then by force. Idempotent; names who was killed.

        A stop request that comes meanwhile, the second in all, kills everybody at once."""
        self._stopping = True
        killed: list[str] = []
        for group in sorted({slot.spec.stop_group for slot in self.slots.values()}):
            killed += self._stop_group(group)
        return killed

    def _stop_group(self, group: int) -> list[str]:
        slots = [slot for slot in self._living() if slot.spec.stop_group == group]
        _signal(slots, signal.SIGTERM)
        limit = time.monotonic() + max((slot.spec.stop_within for slot in slots), default=0.0)
        while self._living(group) and time.monotonic() < limit and self.stop_requests < 2:
            self._step(limit)
        late = self._living(group)
        _signal(late, signal.SIGKILL)
        limit = time.monotonic() + AFTER_KILL
        while self._living(group) and time.monotonic() < limit:
            self._step(limit)
        return [slot.spec.name for slot in late]

    def _living(self, group: int | None = None) -> list[Slot]:
        return [slot for slot in self.slots.values() if slot.child and group in {None, slot.spec.stop_group}]


def _signal(slots: list[Slot], number: int) -> None:
    for slot in slots:
        if slot.child is not None:
            slot.child.signal(number)
