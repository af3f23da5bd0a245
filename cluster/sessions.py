"""The session scripts and publishing, as a node asks for them (R1, R3). All go through the publisher."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from cluster.accounts import Accounts
from cluster.asking import raise_refusal
from cluster.calls import status
from cluster.errors import ClusterError, Refused, Unavailable
from cluster.link import Reply
from cluster.lookalikes import skeletons
from cluster.memberships import Memberships
from cluster.pipe import Answer
from cluster.sayings import Sayings
from cluster.types import NOTHING_LOST, Claimed, Lost, Name, Position, Reason, Renamed, SessionRecord


class Sessions(Sayings, Memberships, Accounts):
    """A session from its claim to its end. Any thread."""

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
        arguments = [session, claim, name.shown, name.mapped, token_hash, address, client, skeletons(name), proof]
        arguments += [lost.session, " ".join(lost.token_hashes)]
        arguments += map(_proposal, suggestions)

        def made(reply: list[Reply]) -> Claimed:
            _raise_nick_taken(reply, suggestions)
            _raise_ghost(reply)
            raise_refusal(reply)
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
        client: str = "",
        renewed: str = "",
        former: str = "",
    ) -> Claimed:
        def made(reply: list[Reply]) -> Claimed:
            raise_refusal(reply)
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

    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        def made(reply: list[Reply]) -> Renamed:
            _raise_nick_taken(reply, suggestions)
            raise_refusal(reply)
            former, time, changed, taken, room, offset, owner = reply[1:]
            self._fresh.renamed(session, claim, name, int(taken))
            where = Position(self._standing.epoch, int(offset))
            return Renamed(
                former.decode(), int(time), int(changed) == 1, int(taken), room.decode(), where, owner.decode()
            )

        arguments = [session, claim, name.shown, name.mapped, self._ticket(), skeletons(name)]
        return self._call("rename", [*arguments, *map(_proposal, suggestions)], made)

    def gone(self, session: str, claim: str, text: str | None) -> None:
        def made(_: list[Reply]) -> None:
            self._fresh.gone(session, claim, text)

        self._call("gone", [session, claim, "" if text is None else "1", text or ""], made)

    def away(self, session: str, claim: str) -> None:
        self._tell("away", [session, claim], lambda _: self._fresh.away(session, claim))

    def end(self, session: str, claim: str, reason: str, done: Callable[[], None] | None = None) -> None:
        def settle(answer: Answer) -> None:
            if not isinstance(answer, ClusterError) and int(answer[1]):
                self._fresh.ended(session, claim)
            if done is not None:
                done()

        # For any boot: it asks nothing but the claim, and who has quit should not linger for a grace.
        self._tell("end", [session, claim, reason], settle, boot="")

    def acknowledge(self, session: str, claim: str, position: Position, state: str) -> None:
        self._tell("acknowledge", [session, claim, position.epoch, position.offset, state], lambda _: None)

    # -- what they bring ---------------------------------------------------------------------

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


def _raise_nick_taken(reply: list[Reply], suggestions: Sequence[Name]) -> None:
    if status(reply) == "no" and reply[1].decode() in (Reason.NICK_TAKEN, Reason.LOOKS_ALIKE):
        index = int(reply[2])
        raise Refused(reply[1].decode(), suggestions[index - 1].shown if index else "")


def _raise_ghost(reply: list[Reply]) -> None:
    if status(reply) == "no" and reply[1] == b"ghost":
        raise Unavailable("the nickname is that of a lost session, which a rewind has brought back")
