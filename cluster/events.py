"""What the cluster tells a node, and what it asks of it meanwhile. The other way round: `seam`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cluster.types import Ban, Entry, Position, Presence, RightHint, Rights, SessionRecord


class Health(StrEnum):
    """Whether a node can do its work, as the cluster package sees it."""

    STARTING = "starting"  # Redis was not reached yet
    SERVING = "serving"
    DEGRADED = "degraded"  # Redis is away: nothing new is taken
    DEAF = "deaf"  # our own round trip through Redis's pub/sub fails


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """What a node tells the others with each heartbeat. `state`: serving, degraded, draining …; `drain`: what
    it answered to the last order to drain, as `<order> <answer>`."""

    state: str
    clients: int
    drain: str = ""


@dataclass(frozen=True, slots=True)
class Beaten:
    """What a heartbeat found. `round_trip`: seconds that Redis took for it, as seen from here. `memory`, `memory_max`:
    bytes that Redis holds and may hold (0: no limit); None: it doesn't say."""

    round_trip: float
    memory: int | None = None
    memory_max: int | None = None


class ClusterEvents(Protocol):
    """Implemented by the node. No method may block or raise."""

    def on_entry(self, entry: Entry) -> None:
        """A live entry of a wanted room, or of the inbox of a session at this node, in the order
        in which Redis published them; there may be holes and repeats. Subscriber thread."""

    def on_burst(self) -> None:
        """All entries that had arrived together were told: what was put off, so that one act may do for several, is
        to be done now. Comes soon after each `on_entry`. Subscriber thread."""

    def on_subscribed(self, room: str | None) -> None:
        """The subscription of `room` (None: of all inboxes) was confirmed, for the first time or
        again: what was published before may have been missed, so catch up. Subscriber thread."""

    def on_tops(self, tops: Mapping[str, Position]) -> None:
        """Where logs named by `local_logs` stand: once a heartbeat, of very many some in turn. Upkeep thread."""

    def on_beat(self, beat: Beaten) -> None:
        """A heartbeat came through. Beat thread."""

    def on_taken(self, session: str, claim: str, how: str = "") -> None:
        """The session was taken by `claim` (empty: it was ended, `how`: see `cluster.endings`, '' if that isn't
        known). If our connection holds another claim it must go. Subscriber or publisher thread."""

    def on_spent(self, session: str, claim: str) -> None:
        """Somebody has come with a token of the session that was replaced long ago. It is `claim`'s still. Subscriber
        thread."""

    def on_health(self, health: Health) -> None:
        """Health changed. Any cluster thread."""

    def on_lease_lost(self) -> None:
        """Our lease ended: every session must be dropped, resumably. A new boot has begun already.
        Publisher thread."""

    def on_drain(self, order: str, over: float | None, force: bool) -> None:
        """An operator wants this node to leave. `order`: to be named in the answer (`NodeStatus.drain`); `over`:
        seconds over which the clients are to move (None: the node chooses); `force`: even if no other node
        is ready. Subscriber thread."""

    def on_bans(self, bans: Sequence[Ban]) -> None:
        """All addresses that are banned, whenever that has changed; and once before the node serves. Nicknames are
        seen to by `claim` and its kin. Beat thread."""

    def on_presence(self, hint: Presence) -> None:
        """A member of a wanted room has gone or come back, or his connection has. May be missed. Subscriber thread."""

    def on_rights(self, rights: Rights) -> None:
        """The owner or the guards of a wanted room have changed, or may have. May be missed. Subscriber or upkeep
        thread."""

    def on_right(self, hint: RightHint) -> None:
        """A session that is, or was, at this node was invited, muted … May be missed. Subscriber thread."""

    def on_superseded(self) -> None:
        """Another process runs under this node's id: stop the process. May be told more than once.
        Beat or publisher thread."""

    def on_recovered(self, lost: Sequence[str]) -> None:
        """Redis's data began a new life and our sessions were re-claimed, but for `lost`, which
        are somebody else's now: drop their connections. Publisher thread."""

    def on_opened(self) -> None:
        """Logs can be read again after Redis's data began a new life: catch up in all of them, soon. What is said
        before that is in nobody's memory. Publisher thread."""

    def on_waiting(self, thread: str, seconds: float, why: str) -> None:
        """The publisher, or the beat, has got nowhere for so long: what its last try ended with, for people. After a
        second, and again from time to time. That thread."""

    def on_damage(self, what: str) -> None:
        """Something else has written into our data, and a person must mend it; `what` names it, for people. The
        node goes on without. Publisher or upkeep thread."""

    def on_fatal(self, error: BaseException) -> None:
        """A thread of the cluster package died of `error` (NewerSchema: the data is a newer
        version's). The process must stop: a node must not go on deaf or mute. The dying thread."""

    def local_sessions(self) -> Sequence[SessionRecord]:
        """All sessions claimed at this node; one that quits must be off the list before `end` is
        called. Publisher thread, when re-claiming."""

    def on_entering(self, epoch: str) -> None:
        """What is `remembered` is brought into that life: what is heard from now on of another one must not be offered
        any more, since it is in nobody's memory. Publisher thread, before it asks."""

    def remembered(self) -> Mapping[str, Sequence[Entry]]:
        """What this node has kept of its logs' latest entries, each log's of one epoch and oldest first, so that
        they can be restored if Redis has lost them (R5). Publisher thread, when recovering."""

    def local_logs(self) -> Sequence[str]:
        """Logs with a local member. Upkeep thread."""

    def status(self) -> NodeStatus:
        """What to put into the heartbeat. Beat thread."""
