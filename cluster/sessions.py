"""The session scripts and publishing, as a node asks for them (R1, R3). All go through the publisher."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from cluster.board import Board
from cluster.calls import Argument, status
from cluster.errors import ClusterError, Degraded, Fenced, LeaseLost, Refused, Unavailable
from cluster.fresh import Fresh
from cluster.link import Reply
from cluster.lives import Lives
from cluster.lookalikes import skeletons
from cluster.pipe import Answer, Request
from cluster.publisher import Publisher
from cluster.rights import rights_of
from cluster.seam import Health, PublishDone
from cluster.term import Standing
from cluster.types import (
    NOTHING_LOST,
    Account,
    Claimed,
    Guarding,
    Lost,
    Membership,
    Name,
    Position,
    Published,
    Reason,
    Renamed,
    Rights,
    SessionRecord,
)

T = TypeVar("T")
HELLO_WAITS = 1.5  # seconds that a term may take to open


class Sessions:
    """Any thread. `fresh` and `lives` are written on the publisher's thread only."""

    def __init__(self, publisher: Publisher, standing: Standing, fresh: Fresh, lives: Lives, board: Board) -> None:
        self._publisher = publisher
        self._standing = standing
        self._fresh = fresh
        self._lives = lives
        self._board = board

    def publish(
        self,
        session: str,
        claim: str,
        n: int,
        to: str,
        text: str,
        done: PublishDone,
        holder: str,
        refusal: str,
        again: Position | None,
        ahead: int,
    ) -> None:
        self._check_taking()

        def settle(answer: Answer) -> None:
            done(_published(n, answer))

        before = f"{again.epoch} {again.offset}" if again else ""
        arguments = (session, claim, n, to, text, holder, refusal, before, ahead or "")
        self._publisher.submit(Request("publish", arguments, settle, self._standing.boot))

    def claim(
        self,
        session: str,
        claim: str,
        name: Name,
        suggestions: Sequence[Name],
        token_hash: str,
        address: str,
        client: str,
        proof: str = "",
        lost: Lost = NOTHING_LOST,
    ) -> Claimed:
        arguments = [session, claim, name.shown, name.mapped, token_hash, address, client, skeletons(name), proof]
        arguments += [lost.session, " ".join(lost.token_hashes)]
        arguments += map(_proposal, suggestions)

        def made(reply: list[Reply]) -> Claimed:
            _raise_nick_taken(reply, suggestions)
            _raise_ghost(reply)
            _raise_refusal(reply)
            logs, taken = self._logs(reply[6::3], reply[7::3]), int(reply[4])
            self._begin(reply[6::3], reply[8::3])
            # What waited for the owner of the nickname is in the inbox already.
            owed = {f"@{session}": Position(self._standing.epoch, 0)}
            owner = reply[5].decode()
            claimed = Claimed(session, claim, name, int(reply[2]), int(reply[1]), logs, False, taken, owed, owner=owner)
            self._remember(claimed, token_hash, address, client)
            return claimed

        return self._call("claim", arguments, made)

    def resume(
        self,
        session: str,
        claim: str,
        token_hash: str,
        n: int,
        address: str,
        client: str,
        renewed: str = "",
        former: str = "",
    ) -> Claimed:
        def made(reply: list[Reply]) -> Claimed:
            _raise_refusal(reply)
            name, taken = Name(reply[5].decode(), reply[6].decode()), int(reply[4])
            logs, owed = self._logs(reply[11::4], reply[12::4]), self._logs(reply[11::4], reply[13::4])
            self._begin(reply[11::4], reply[14::4])
            left = [item.split(b" ") for item in reply[7].split(b",") if item]
            parted = self._logs([room for room, _ in left], [offset for _, offset in left])
            gone = reply[8].decode()[1:] if reply[8] else None
            owner, tokens = reply[9].decode(), tuple(reply[10].decode().split())
            n, since = int(reply[2]), int(reply[1])
            claimed = Claimed(session, claim, name, n, since, logs, True, taken, owed, parted, gone)
            claimed = replace(claimed, owner=owner, tokens=tokens)
            self._remember(claimed, token_hash, address, client)
            return claimed

        resumed = self._ask("resume", [session, claim, token_hash, n, address, client, renewed, former], made)
        # In the same pipeline, right behind it.
        spent = self._ask("pace", [session, claim, ""], _spent)
        return replace(resumed.result(), ahead=_known(spent))

    def confirm(self, session: str, claim: str, token_hash: str) -> None:
        self._tell("confirm", [session, claim, token_hash], lambda _: None)

    def account(self, mapped: str, whose: str) -> Account | None:
        def made(reply: list[Reply]) -> Account | None:
            _raise_refusal(reply)
            return Account(reply[1].decode(), reply[2].decode()) if reply[1] else None

        return self._call("account", [mapped, whose], made)

    def admitted(self, mapped: str, whose: str, hashed: str, renewed: str) -> None:
        self._tell("admitted", [mapped, whose, hashed, renewed], lambda _: None)

    def register(self, session: str, claim: str, name: Name, hashed: str, proof: str = "") -> tuple[str, str]:
        def made(reply: list[Reply]) -> tuple[str, str]:
            _raise_refusal(reply)
            return reply[1].decode(), reply[2].decode()

        arguments = [session, claim, name.shown, name.mapped, skeletons(name), hashed, secrets.token_hex(8), proof]
        return self._call("register_nick", arguments, made)

    def unregister(self, session: str, claim: str, mapped: str, hashed: str) -> str:
        def made(reply: list[Reply]) -> str:
            _raise_refusal(reply)
            return str(reply[1].decode())

        return self._call("unregister_nick", [session, claim, mapped, hashed, _ticket()], made)

    def pace(self, session: str, claim: str, ahead: int) -> None:
        request = Request("pace", [session, claim, ahead], lambda _: None, self._standing.boot)
        self._publisher.submit(request)

    def join(self, session: str, claim: str, room: str, digest: str = "") -> Membership:
        limits = self._standing.settings
        most = (limits.max_rooms_per_session, limits.max_members, limits.max_rooms)
        arguments: list[Argument] = [session, claim, room, _ticket(), *most, digest]

        def made(reply: list[Reply]) -> Membership:
            membership = self._membership(arguments, reply, True)
            self._begin([room.encode()], reply[4:5])
            return membership

        return self._call("join", arguments, made)

    def leave(self, session: str, claim: str, room: str) -> Membership:
        arguments: list[Argument] = [session, claim, room, _ticket()]
        return self._call("leave", arguments, lambda reply: self._membership(arguments, reply, False))

    def set_topic(self, session: str, claim: str, room: str, text: str) -> Membership:
        arguments: list[Argument] = [session, claim, room, _ticket(), text]
        return self._call("set_topic", arguments, lambda reply: self._placed(room, reply))

    def govern(self, session: str, claim: str, room: str, act: str, nick: str, text: str) -> Rights:
        return self._govern(room, [session, claim, room, _ticket(), act, nick, text, "", ""])

    def guard(self, session: str, claim: str, room: str, guarding: Guarding) -> Rights:
        changes = " ".join(f"{'+' if holds else '-'}{guard}" for guard, holds in guarding.changes.items())
        salt = secrets.token_hex(8)
        return self._govern(room, [session, claim, room, _ticket(), "guard", "", changes, guarding.digest, salt])

    def _govern(self, room: str, arguments: Sequence[Argument]) -> Rights:
        def made(reply: list[Reply]) -> Rights:
            _raise_refusal(reply)
            return rights_of(room, reply)

        return self._call("govern", arguments, made)

    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        def made(reply: list[Reply]) -> Renamed:
            _raise_nick_taken(reply, suggestions)
            _raise_refusal(reply)
            former, time, changed, taken, room, offset, owner = reply[1:]
            self._fresh.renamed(session, claim, name, int(taken))
            where = Position(self._standing.epoch, int(offset))
            return Renamed(
                former.decode(), int(time), int(changed) == 1, int(taken), room.decode(), where, owner.decode()
            )

        arguments = [session, claim, name.shown, name.mapped, _ticket(), skeletons(name)]
        return self._call("rename", [*arguments, *map(_proposal, suggestions)], made)

    def gone(self, session: str, claim: str, text: str | None) -> None:
        def made(_: list[Reply]) -> None:
            self._fresh.gone(session, claim, text)

        self._call("gone", [session, claim, "" if text is None else "1", text or ""], made)

    def away(self, session: str, claim: str) -> None:
        self._tell("away", [session, claim], lambda _: self._fresh.away(session, claim))

    def end(self, session: str, claim: str, reason: str) -> None:
        def settle(answer: Answer) -> None:
            if not isinstance(answer, ClusterError) and int(answer[1]):
                self._fresh.ended(session, claim)

        # For any boot: it asks nothing but the claim, and who has quit should not linger for a grace.
        self._tell("end", [session, claim, reason], settle, boot="")

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        self._tell("acknowledge", [session, claim, position.epoch, position.offset, state], lambda _: None)

    # -- how they are asked -------------------------------------------------------------------

    def _check_taking(self) -> None:
        if self._board.health in (Health.STARTING, Health.DEGRADED):
            raise Degraded("Redis is away: nothing is taken until it is back")

    def _call(self, script: str, arguments: Sequence[Argument], made: Callable[[list[Reply]], T]) -> T:
        """Blocks until the publisher has the answer; `made` turns it into a value on the publisher's thread."""
        return self._ask(script, arguments, made).result()

    def _ask(self, script: str, arguments: Sequence[Argument], made: Callable[[list[Reply]], T]) -> Future[T]:
        self._check_taking()
        future: Future[T] = Future()

        def settle(answer: Answer) -> None:
            try:
                future.set_result(made(_checked(answer)))
            except ClusterError as error:
                future.set_exception(error)

        self._publisher.submit(Request(script, arguments, settle, self._standing.boot, patience=self._patience(script)))
        return future

    def _patience(self, script: str) -> float:
        """Who says hello is told to try again before he gives up by himself; who is here already waits."""
        hasty = ("claim", "resume", "account", "pace")
        return time.monotonic() + HELLO_WAITS if script in hasty else float("inf")

    def _tell(
        self, script: str, arguments: Sequence[Argument], done: Callable[[Answer], None], boot: str | None = None
    ) -> None:
        """Asked by the node for itself: not refused while Redis is away, since nobody would say it again."""
        boot = self._standing.boot if boot is None else boot
        self._publisher.submit(Request(script, arguments, done, boot, lasting=True))

    def _remember(self, claimed: Claimed, token_hash: str, address: str, client: str) -> None:
        rooms = tuple(log for log in claimed.logs if log.startswith("#"))
        self._fresh.claimed(
            SessionRecord(
                session=claimed.session,
                claim=claimed.claim,
                name=claimed.name,
                token_hash=claimed.tokens[0] if claimed.tokens else token_hash,
                address=address,
                since=claimed.since,
                n=claimed.n,
                rooms=rooms,
                positions=claimed.logs,
                taken=claimed.taken,
                gone=claimed.gone,
                client=client,
                owner=claimed.owner,
                open_tokens=" ".join(claimed.tokens[1:]),
            )
        )

    def _logs(self, names: list[Reply], offsets: list[Reply]) -> dict[str, Position]:
        epoch = self._standing.epoch
        return {name.decode(): Position(epoch, int(offset)) for name, offset in zip(names, offsets, strict=True)}

    def _begin(self, names: list[Reply], tops: list[Reply]) -> None:
        for name, top in zip(names, tops, strict=True):
            self._lives.begin(self._standing.epoch, name.decode(), int(top))

    def _membership(self, asked: Sequence[Argument], reply: list[Reply], is_member: bool) -> Membership:
        session, claim, room = (str(word) for word in asked[:3])
        done = self._placed(room, reply)
        self._fresh.member(session, claim, room, is_member)
        return done

    def _placed(self, room: str, reply: list[Reply]) -> Membership:
        _raise_refusal(reply)
        return Membership(room, Position(self._standing.epoch, int(reply[1])), int(reply[2]), int(reply[3]) == 1)


def _spent(reply: list[Reply]) -> tuple[int, int]:
    return int(reply[1]), int(reply[2])


def _known(spent: Future[tuple[int, int]]) -> tuple[int, int]:
    """Nothing where it can't be had: the session is this connection's by now, and a refusal would leave it with none.
    If it was taken or ended since, or the lease is over, its connection hears of that."""
    try:
        return spent.result()
    except ClusterError:
        return 0, 0


def _proposal(name: Name) -> str:
    return f"{name.mapped} {skeletons(name)}"


def _ticket() -> str:
    """Marks one request to change something, so that it is known again when its answer was lost."""
    return secrets.token_hex(8)


def _checked(answer: Answer) -> list[Reply]:
    if isinstance(answer, ClusterError):
        raise answer
    word = status(answer)
    if word == "fenced":
        raise Fenced("the session is no longer this connection's", answer[1].decode() if len(answer) > 1 else "")
    if word == "lease":
        raise LeaseLost("this node's lease is over")
    if word == "wait":
        raise Unavailable("not all nodes have brought back what they know")
    return answer


def _raise_refusal(reply: list[Reply]) -> None:
    if status(reply) == "no":
        raise Refused(reply[1].decode(), reply[2].decode())


def _raise_nick_taken(reply: list[Reply], suggestions: Sequence[Name]) -> None:
    if status(reply) == "no" and reply[1].decode() in (Reason.NICK_TAKEN, Reason.LOOKS_ALIKE):
        index = int(reply[2])
        raise Refused(reply[1].decode(), suggestions[index - 1].shown if index else "")


def _raise_ghost(reply: list[Reply]) -> None:
    if status(reply) == "no" and reply[1] == b"ghost":
        raise Unavailable("the nickname is that of a lost session, which a rewind has brought back")


def _published(n: int, answer: Answer) -> Published | ClusterError:
    """The outcome of a `say`; its stored form is described in publish.lua."""
    try:
        reply = _checked(answer)
        _raise_refusal(reply)
    except ClusterError as error:
        return error
    word, *rest = reply[1].decode().split(" ")
    if word == "no":
        return Refused(rest[0])
    log, epoch, offset, time = rest
    return Published(n, log, Position(epoch, int(offset)), int(time))
