"""What a node asks of the cluster, and what the cluster tells the node.

Guarantees of `ClusterSeam`
    order      requests that one thread submits for one session are carried out in that order.
    exactly    a request is carried out at most once, however often Redis goes away meanwhile:
    once       `publish` is identified by (session, n), the session scripts by the claim.
    blocking   `publish`, `away`, `end`, `acknowledge`, `beat_soon`, `want`, `unwant` never block. The others
               block the calling thread until Redis has answered, or `Stopped` or `Degraded` is raised.
    threads    every method may be called from any thread, except from inside a `ClusterEvents`
               method or a `done`, where only the non-blocking ones are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cluster.errors import ClusterError
from cluster.types import (
    NOTHING_LOST,
    Account,
    Ban,
    Claimed,
    Company,
    Entry,
    Guarding,
    Lost,
    Member,
    Membership,
    Name,
    NodeInfo,
    Page,
    Person,
    Position,
    Presence,
    Published,
    Renamed,
    RightHint,
    Rights,
    SessionRecord,
    Topic,
)

PublishDone = Callable[[Published | ClusterError], None]


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


class ClusterSeam(Protocol):
    """A node's door to the others."""

    @property
    def boot(self) -> str:
        """The random id of this run; changes when a lease was lost."""

    @property
    def health(self) -> Health: ...

    def start(self) -> None:
        """Starts the cluster's threads and returns at once; `on_health` tells when Redis was reached."""

    def stop(self, deadline: float) -> None:
        """Carries out what was submitted, signs the node off, ends all threads by `deadline`
        (`time.monotonic()` seconds). Idempotent."""

    def publish(
        self,
        session: str,
        claim: str,
        n: int,
        to: str,
        text: str,
        done: PublishDone,
        *,
        holder: str = "",
        refusal: str = "",
        again: Position | None = None,
        ahead: int = 0,
    ) -> None:
        """Appends a message to `#room` or to the inbox behind `@mapped-nickname` (R1, R8).

        `refusal`: a `Reason` for which the node itself refuses; n is consumed, nothing written.
        `done` is called once, on the publisher's thread, in order of submission, with the outcome
        or with Refused, Fenced, Unavailable (not done: say it again) or Stopped. OUT_OF_ORDER's detail
        is the last n consumed. Raises Degraded when nothing is taken.

        `again`: where it was accepted before, if the sender has reason to think that the cluster has lost it since:
        appended late if it is in no log any more, else its outcome comes (R5). `ahead`: milliseconds until the
        session's bucket of messages is whole again; who takes the session over finds it in `Claimed`.
        """

    def claim(
        self,
        session: str,
        claim: str,
        name: Name,
        suggestions: Sequence[Name],
        token_hash: str,
        address: str,
        client: str = "",
        proof: str = "",
        lost: Lost = NOTHING_LOST,
    ) -> Claimed:
        """Creates `session` under `name` and joins #lobby. `client`: the program's name. `proof`: the `Account.hash`
        that the password was found to fit; then whoever else has the name loses it. `lost`: a session that its client
        gave up; if it is there all the same, it ends.

        Raises Refused(NICK_TAKEN, LOOKS_ALIKE, the first free suggestion or ''; NOT_ADMITTED; SESSION_EXISTS under
        another claim: `resume` it; RESUME_REFUSED: it was, and has ended; REGAINED; KICKED, why: … by an operator;
        BANNED, until and why: the nickname is), Degraded, Unavailable (what a rewind brought back of `lost` has the
        name, and will lose it: ask again)."""

    def resume(
        self,
        session: str,
        claim: str,
        token_hash: str,
        n: int,
        address: str,
        client: str = "",
        renewed: str = "",
        former: str = "",
    ) -> Claimed:
        """Takes `session` for this connection under the new `claim`. `n`: highest n whose outcome
        the client knows. `renewed`: hash of the token with which it is to go on; `former`:
        of the one before, should this one be unknown. Raises Refused(RESUME_REFUSED;
        TOKEN_SPENT, '1' if it may be a late hello of the client's own; REGAINED, KICKED, BANNED), Degraded."""

    def confirm(self, session: str, claim: str, token_hash: str) -> None:
        """The client has the token that `resume` renewed: those before it are spent. Never blocks."""

    def account(self, mapped: str, whose: str) -> Account | None:
        """The account of a nickname, to compare a password with; None: it isn't registered. Counts as a wrong try of
        `whose` (`Tries`). Raises Refused(RATE_LIMITED, ms after which to ask again), Degraded."""

    def admitted(self, mapped: str, whose: str, hashed: str, renewed: str) -> None:
        """The password was right: its try doesn't count. `renewed`: its hash by the present rules, ''. Never blocks."""

    def register(self, session: str, claim: str, name: Name, hashed: str, proof: str = "") -> tuple[str, str]:
        """Makes the session's nickname, which is `name`, its user's own, or changes the password, of which the present
        one was shown by `proof`. The nickname as shown and the account's id. Raises Refused(NOT_REGISTERED: it is
        somebody else's; NOT_ADMITTED: it is registered, and that is no proof; LOOKS_ALIKE), Fenced, Degraded."""

    def unregister(self, session: str, claim: str, mapped: str, hashed: str) -> str:
        """The nickname, of which the password was shown by `hashed`, is nobody's own any more. As it is shown. Raises
        Refused(NOT_REGISTERED), Fenced, Degraded."""

    def pace(self, session: str, claim: str, ahead: int) -> None:
        """Notes in how many milliseconds (`ahead`) the session's bucket of joins is whole again, as `publish` does it
        of messages. Never blocks; may be lost."""

    def addresses(self, spent: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """Tells what clients have taken here of their addresses' buckets, of messages and of joins, in milliseconds.
        Returns for each address in how many its two buckets are whole again, over all nodes. Raises Unavailable."""

    def join(self, session: str, claim: str, room: str, digest: str = "") -> Membership:
        """Raises Refused(TOO_MANY_ROOMS, ROOM_FULL, TOO_MANY_ROOMS_IN_ALL, WRONG_KEY, NOT_INVITED, REMOVED), Fenced,
        Degraded. `position` is that of the joined entry. `digest`: of the room's key. Who comes into a room in
        which nobody is owns it."""

    def govern(self, session: str, claim: str, room: str, act: str, nick: str = "", text: str = "") -> Rights:
        """What the owner does: `act` is invite, remove, mute, unmute or owner (hand over), `nick` whom it concerns, as
        compared; tell: what holds, for any member. Raises Refused(NOT_MEMBER, NOT_OWNER, NO_SUCH_NICK), Fenced,
        Degraded."""

    def guard(self, session: str, claim: str, room: str, guarding: Guarding) -> Rights:
        """What the owner's room demands from now on. Raises as `govern`."""

    def leave(self, session: str, claim: str, room: str) -> Membership:
        """Raises Refused(NOT_MEMBER), Fenced, Degraded."""

    def set_topic(self, session: str, claim: str, room: str, text: str) -> Membership:
        """Changes what `room` is about ('': nothing). Raises Refused(NOT_MEMBER, NOT_OWNER), Fenced, Degraded.
        `position` is that of the topic entry, if it `changed` anything."""

    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        """Gives the session another nickname. Raises Refused(NICK_TAKEN, LOOKS_ALIKE, the first free suggestion or '';
        NOT_ADMITTED), Fenced, Degraded."""

    def gone(self, session: str, claim: str, text: str | None) -> None:
        """The user is away by his own choice, and says `text` of it; None: he is here. Raises Fenced, Degraded."""

    def away(self, session: str, claim: str) -> None:
        """The connection broke: grace begins, unless the claim is another one by now."""

    def end(self, session: str, claim: str, reason: str) -> None:
        """The session is over (`reason`: quit …): left in all rooms, nickname free."""

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        """The session's inbox was acknowledged up to `position`; `state`: received (native) or
        sent (plain), which is what the senders' receipts say."""

    def read(self, log: str, after: Position, limit: int) -> Page:
        """Up to `limit` entries after the cursor `after`, mapped over changes of epoch (R5).
        Raises Unavailable."""

    # `asks`: the session that wants to know; "": none. Of a guarded room only members are told.

    def history(self, room: str, before: int, limit: int, asks: str = "") -> list[Entry]:
        """The last `limit` messages (kind message only) with an offset below `before` (0: the
        newest), oldest first. Raises Refused(NOT_MEMBER), Unavailable."""

    def members(self, room: str | None, asks: str = "") -> list[Member]:
        """Members of `room`, or everybody in the cluster, sorted by nickname; 5,000 at most. Raises
        Refused(NOT_MEMBER), Unavailable. A private room has none for who is no member."""

    def company(self, room: str, limit: int) -> Company:
        """How many are in `room`, `limit` nicknames of them at most, sorted, and its topic; the cost does not grow with
        the room beyond that. Raises Unavailable."""

    def topic(self, room: str, asks: str = "") -> Topic:
        """What `room` is about. Raises Refused(NOT_MEMBER), Unavailable."""

    def whois(self, nick: str, asks: str = "") -> Person:
        """Who holds a nickname, given as it is compared; of his private rooms those in which `asks` is, too. Raises
        Refused(NO_SUCH_NICK), Unavailable."""

    def rooms(self, asks: str = "") -> list[tuple[str, int]]:
        """Rooms with members and how many, sorted by name; private ones for members; 5,000 at most. Raises
        Unavailable."""

    def nodes(self) -> list[NodeInfo]:
        """All nodes as of our last heartbeat. Does not touch Redis."""

    def beat_soon(self) -> None:
        """What `status` says has changed: the others shall know. Never blocks."""

    def want(self, room: str) -> None:
        """Subscribe to `room`; `on_subscribed` follows. Idempotent."""

    def unwant(self, room: str) -> None:
        """The room is not needed any more."""
