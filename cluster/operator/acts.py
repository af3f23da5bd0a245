"""What the acting commands do in Redis. Main thread; raises as `acting.Desk` does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cluster.calls import Argument, status
from cluster.errors import Unavailable
from cluster.operator.acting import Desk
from cluster.operator.errors import RedisUnreachable
from cluster.operator.near import hint

TOLD_AT_ONCE = 50
"""Sessions: a script holds up all nodes for as long as it runs, up to 10 ms for these."""
HALFWAY = (
    "{error}; {done} of {total} sessions have been told, and the nodes tell the others once that is over: "
    "do not say it again"
)


@dataclass(frozen=True, slots=True)
class Kicked:
    """Whose session was ended. `node`: where it was; `state`: here or away."""

    nick: str
    node: str
    state: str
    rooms: list[str]


def kick(at: Desk, compared: str, why: str) -> Kicked | None:
    """None: nobody has that nickname (`compared`: as nicknames are)."""
    reply = at.do("kick", [compared, why])
    if status(reply) == "no":
        return None
    nick, node, state, rooms = (word.decode() for word in reply[1:5])
    return Kicked(nick, node, state, [room for room in rooms.split(",") if room])


def hint_for(at: Desk, nick: str) -> str:
    """`; near it: …`, of those who are on-line; or nothing."""
    (nicks,) = at.ask(["HKEYS", at.keys.presence])
    return hint(nick.removeprefix("@"), (each.decode("utf-8", "replace") for each in nicks))


def announce(at: Desk, text: str, room: str = "") -> int | None:
    """Says `text` to everybody, or in `room`; to how many. None: there is no such room. Safe to be cut off: nodes tell
    who is left."""
    asked: list[Argument] = [secrets.token_hex(8), room, text, TOLD_AT_ONCE]
    left = total = 0
    while True:
        try:
            reply = at.do_again("announce", asked)
        except Unavailable as error:
            if total:
                raise RedisUnreachable(HALFWAY.format(error=error, done=total - left, total=total)) from error
            raise
        if status(reply) == "no":
            return None
        left, total = int(reply[1]), int(reply[2])
        if left == 0:
            return total


def rooms_near(at: Desk, room: str) -> str:
    """`; near it: …`, of the rooms that have members; or nothing."""
    (rooms,) = at.ask(["SMEMBERS", at.keys.rooms])
    return hint(room, (each.decode("utf-8", "replace") for each in rooms))


@dataclass(frozen=True, slots=True)
class TopicRow:
    """What a room is about ('': nothing), who set that, and when, Unix ms (0: never)."""

    text: str
    nick: str
    time: int


def topic_of(at: Desk, room: str) -> TopicRow | None:
    """None: there is no such room."""
    (there,) = at.ask(["SISMEMBER", at.keys.rooms, room])
    if not there:
        return None
    text, nick, when = (word.decode() for word in at.do("topic", [room])[1:4])
    return TopicRow(text, nick, int(when))


def set_topic(at: Desk, room: str, text: str) -> bool | None:
    """Whether it was another one before. None: there is no such room."""
    reply = at.do("operator_topic", [secrets.token_hex(8), room, text])
    return None if status(reply) == "no" else int(reply[1]) == 1


@dataclass(frozen=True, slots=True)
class RightsRow:
    """Who owns a room (an account or a session, '': nobody), and under which nickname; what guards it; how many are
    named."""

    owner_id: str
    owner: str
    guards: list[str]
    invited: int
    muted: int
    removed: int


def override(at: Desk, room: str, act: str = "", compared: str = "") -> RightsRow | None:
    """What holds in `room`, after `act`: `owner` (of that nickname), `open`. None: there is no such room, or he isn't
    in it."""
    reply = at.do("operator_rights", [room, act, compared])
    if status(reply) == "no":
        return None
    owner_id, owner, guards = (word.decode() for word in reply[1:4])
    invited, muted, removed = (int(count) for count in reply[4:7])
    return RightsRow(owner_id, owner, guards.split(), invited, muted, removed)
