"""What a node asks of the cluster. What the cluster tells the node: `events`.

Guarantees of `ClusterSeam`
    order      requests that one thread submits for one session are carried out in that order.
    exactly    a request is carried out at most once, however often Redis goes away meanwhile:
    once       `publish` is identified by (session, n), the session scripts by the claim.
    blocking   `publish`, `pace`, `confirm`, `admitted`, `away`, `end`, `acknowledge`, `nodes`, `beat_soon`, `want` and
               `unwant` never block. The others block the calling thread until Redis has answered, or `Stopped` or
               `Degraded` is raised.
    threads    every method may be called from any thread, except from inside a `ClusterEvents`
               method or a `done`, where only the non-blocking ones are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from cluster.errors import ClusterError
from cluster.events import Beaten, ClusterEvents, Health, NodeStatus
from cluster.types import (
    NOTHING_LOST,
    Account,
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
    Publication,
    Published,
    Renamed,
    Rights,
    Topic,
)

__all__ = ["Beaten", "ClusterEvents", "ClusterSeam", "Health", "NodeStatus", "PublishDone"]

PublishDone = Callable[[Published | ClusterError], None]


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

    def publish(self, session: str, claim: str, said: Publication, done: PublishDone) -> None:
        """Appends a message to a room or an inbox (R1, R8).

        `done` is called once, on the publisher's thread, in order of submission, with the outcome
        or with Refused, Fenced, Unavailable (not done: say it again) or Stopped. OUT_OF_ORDER's detail
        is the last n consumed. Raises Degraded when nothing is taken.
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

    def end(self, session: str, claim: str, reason: str, done: Callable[[], None] | None = None) -> None:
        """The session is over (`reason`: quit …): left in all rooms, nickname free. `done` is called when that is so,
        or will never be: by any thread, perhaps at once; it must not block."""

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
