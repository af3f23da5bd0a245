"""What the acting commands do in Redis. Main thread; raises as `acting.Desk` does."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.calls import status
from cluster.operator.acting import Desk
from cluster.operator.near import hint


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
