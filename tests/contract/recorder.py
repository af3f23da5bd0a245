"""A node's side of the seam, which writes down what it is told. Tests wait on it, with a deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cluster.seam import Beaten, Health, NodeStatus
from cluster.types import Ban, Entry, Position, Presence, RightHint, Rights, SessionRecord

DEADLINE = 15.0


class Recorder:
    """Implements `ClusterEvents`. The condition guards all fields."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.changed = threading.Condition()
        self.entries: list[Entry] = []
        self.told_at_burst = 0  # how many entries had been told when the last burst ended
        self.subscribed: list[str | None] = []
        self.tops: dict[str, Position] = {}
        self.taken: list[tuple[str, str]] = []
        self.spent: list[tuple[str, str]] = []
        self.beats: list[Beaten] = []
        self.ends: dict[str, str] = {}  # session -> how it ended
        self.healths: list[Health] = []
        self.leases_lost = 0
        self.superseded = 0
        self.bans: list[list[str]] = []
        self.rights: list[Rights] = []
        self.right_hints: list[RightHint] = []
        self.hints: list[Presence] = []
        self.drains: list[tuple[str, float | None, bool]] = []
        self.recovered: list[list[str]] = []
        self.opened = 0
        self.fatal: list[BaseException] = []
        self.damages: list[str] = []
        self.listed: dict[str, SessionRecord] = {}
        self.logs: list[str] = []
        self.recalled: list[Entry] = []  # read, not heard
        self.forgetful = False  # remembers nothing
        self.positions: dict[str, Position] = {}
        self.place_of: Callable[[str], Position | None] | None = None  # of the feed; None: as `positions`

    def wait(self, probe: Callable[[], object], what: str, timeout: float = DEADLINE) -> None:
        """Until `probe` is true; it is asked whenever something happened."""
        with self.changed:
            if not self.changed.wait_for(lambda: bool(probe()), timeout):
                raise AssertionError(f"{self.node}: not within {timeout:g} s: {what}; {self}")

    def __str__(self) -> str:
        return (
            f"healths={self.healths} recovered={self.recovered} leases_lost={self.leases_lost} taken={self.taken} "
            f"subscribed={self.subscribed[-5:]} fatal={self.fatal} last entries={self.entries[-5:]}"
        )

    def of(self, kind: str) -> list[Entry]:
        with self.changed:
            return [entry for entry in self.entries if entry.kind == kind]

    def know(self, log: str, position: Position) -> None:
        """Something was seen of `log`."""
        with self.changed:
            known = self.positions.get(log)
            if known is None or known.epoch != position.epoch or known.offset < position.offset:
                self.positions[log] = position

    # -- ClusterEvents ---------------------------------------------------------------------

    def on_entry(self, entry: Entry) -> None:
        with self.changed:
            self.entries.append(entry)
            known = self.positions.get(entry.log)
            if known is None or known.epoch == entry.epoch:  # else the node reads the log first
                self.know(entry.log, Position(entry.epoch, entry.offset))
            self.changed.notify_all()

    def on_burst(self) -> None:
        with self.changed:
            self.told_at_burst = len(self.entries)
            self.changed.notify_all()

    def on_subscribed(self, room: str | None) -> None:
        with self.changed:
            self.subscribed.append(room)
            self.changed.notify_all()

    def on_tops(self, tops: Mapping[str, Position]) -> None:
        with self.changed:
            self.tops.update(tops)
            self.changed.notify_all()

    def on_beat(self, beat: Beaten) -> None:
        with self.changed:
            self.beats.append(beat)
            self.changed.notify_all()

    def on_spent(self, session: str, claim: str) -> None:
        with self.changed:
            self.spent.append((session, claim))
            self.changed.notify_all()

    def on_taken(self, session: str, claim: str, how: str = "") -> None:
        with self.changed:
            self.taken.append((session, claim))
            self.ends[session] = how
            listed = self.listed.get(session)
            if listed is not None and listed.claim != claim:
                del self.listed[session]
            self.changed.notify_all()

    def on_health(self, health: Health) -> None:
        with self.changed:
            self.healths.append(health)
            self.changed.notify_all()

    def on_lease_lost(self) -> None:
        with self.changed:
            self.leases_lost += 1
            self.listed.clear()
            self.changed.notify_all()

    def on_presence(self, hint: Presence) -> None:
        with self.changed:
            self.hints.append(hint)
            self.changed.notify_all()

    def on_rights(self, rights: Rights) -> None:
        with self.changed:
            self.rights.append(rights)
            self.changed.notify_all()

    def on_right(self, hint: RightHint) -> None:
        with self.changed:
            self.right_hints.append(hint)
            self.changed.notify_all()

    def on_drain(self, order: str, over: float | None, force: bool) -> None:
        with self.changed:
            self.drains.append((order, over, force))
            self.changed.notify_all()

    def on_bans(self, bans: Sequence[Ban]) -> None:
        with self.changed:
            self.bans.append([ban.network for ban in bans])
            self.changed.notify_all()

    def on_superseded(self) -> None:
        with self.changed:
            self.superseded += 1
            self.changed.notify_all()

    def on_recovered(self, lost: Sequence[str]) -> None:
        with self.changed:
            for session in lost:
                self.listed.pop(session, None)
            self.recovered.append(list(lost))
            self.positions.clear()
            self.changed.notify_all()

    def on_opened(self) -> None:
        with self.changed:
            self.opened += 1
            self.changed.notify_all()

    def on_waiting(self, thread: str, seconds: float, why: str) -> None:
        pass

    def on_damage(self, what: str) -> None:
        with self.changed:
            self.damages.append(what)
            self.changed.notify_all()

    def on_fatal(self, error: BaseException) -> None:
        with self.changed:
            self.fatal.append(error)
            self.changed.notify_all()

    def local_sessions(self) -> Sequence[SessionRecord]:
        with self.changed:
            return [self._record(record) for record in self.listed.values()]

    def on_entering(self, epoch: str) -> None:
        pass

    def remembered(self) -> Mapping[str, Sequence[Entry]]:
        """As a feed does: the latest entries, of one epoch."""
        kept: dict[str, dict[int, Entry]] = {}
        with self.changed:
            for entry in [*self.recalled, *self.entries]:
                entries = kept.setdefault(entry.log, {})
                if entries and next(iter(entries.values())).epoch != entry.epoch:
                    entries.clear()
                entries.setdefault(entry.offset, entry)
        return {
            log: [entries[offset] for offset in sorted(entries)] for log, entries in kept.items() if not self.forgetful
        }

    def local_logs(self) -> Sequence[str]:
        with self.changed:
            return list(self.logs)

    def status(self) -> NodeStatus:
        return NodeStatus("serving", len(self.listed))

    def _record(self, record: SessionRecord) -> SessionRecord:
        logs = [*record.rooms, f"@{record.session}"]
        told = {log: (self.positions[log],) for log in logs if log in self.positions}
        if self.place_of is None:
            known = {log: place for log, (place,) in told.items()}
        else:
            known = {log: place for log in logs if (place := self.place_of(log))}
        return replace(record, positions={**record.positions, **known}, told={**record.told, **told})
