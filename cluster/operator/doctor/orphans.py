"""What may be wrong in the data, one key beside the other. The conditions and the mending are in scripts/mend.lua."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`check`: under which finding it is told. `what`: the things that are wrong, after their number. `why`: what
    comes of it. `mend`: what a person does; '': `--fix` does it."""

    check: str
    what: str
    why: str
    mend: str = ""


STUCK, GHOST, ORPHAN = "stuck sessions", "ghosts", "orphaned keys"
LOGS = "logs"

# In the order in which they are mended: what is found by way of another thing comes behind that.
KINDS: dict[str, Kind] = {
    "held": Kind(ORPHAN, "entries in a node's set of sessions that it does not hold", "they are reaped for nothing"),
    "unjudged": Kind(
        STUCK,
        "nodes that hold sessions but are not in `nodes`",
        "nobody judges them, so their sessions never end and keep their nicknames",
    ),
    "unheld": Kind(
        STUCK,
        "sessions that are here at a node which is gone or does not have them",
        "when the node dies they stay for ever and keep their nicknames",
    ),
    "endless": Kind(
        STUCK,
        "sessions that are away and not in `absent`",
        "their grace never ends, so they stay for ever and keep their nicknames",
    ),
    "unclaimed": Kind(
        GHOST,
        "sessions of a former life of the data that no node has re-claimed",
        "they are shown as here, can't speak, and keep their nicknames",
    ),
    "twin": Kind(
        GHOST,
        "sessions whose nickname is another session's",
        "two people speak under one name",
        "find it with `hydrachat who`, and let it end, once it is away: "
        "`hydrachat redis-cli HSET '{key}' until 0` and `hydrachat redis-cli ZADD '{prefix}absent' 0 {item}`",
    ),
    "overdue": Kind(
        STUCK,
        "sessions whose grace ended long ago",
        "they keep their nicknames; some key of theirs may have been changed by hand",
        "see the nodes' logs for `damage` and `error`; a node has to live for sessions to end",
    ),
    "absent": Kind(ORPHAN, "entries of `absent` that are not away", "they are looked at for nothing"),
    "lapsed": Kind(ORPHAN, "entries of `lapsed` that are no node's", "they stay for ever"),
    "nickname": Kind(ORPHAN, "nicknames whose session is gone", "nobody can have them any more"),
    "nameless": Kind(GHOST, "sessions whose nickname's key is gone", "anybody can take the name while it is theirs"),
    "member": Kind(
        GHOST,
        "members of rooms whose session is gone, or has not joined",
        "the room shows people who are not there, and nobody is told that they left",
    ),
    "outsider": Kind(
        GHOST,
        "sessions that have joined a room but are not in its members",
        "what they say there is refused, and the room does not show them",
    ),
    "unlisted": Kind(ORPHAN, "rooms with members that are not in `rooms`", "no list of rooms shows them"),
    "deserted": Kind(ORPHAN, "entries of `rooms` without members", "lists of rooms show rooms that nobody is in"),
    "kept": Kind(ORPHAN, "logs of rooms that nobody is in and that never expire", "they take memory for ever"),
    "inbox": Kind(ORPHAN, "inboxes whose session is gone", "they take memory for ever"),
    "said": Kind(ORPHAN, "outcomes (`said`) whose session is gone", "they take memory for ever"),
    "presence": Kind(ORPHAN, "entries of `presence` for nobody", "who looks into Redis sees people who are not there"),
    "unseen": Kind(ORPHAN, "sessions that `presence` shows wrongly or not at all", "who looks into Redis is misled"),
    "headless": Kind(
        LOGS,
        "logs whose meta is gone",
        "their offsets would begin again, so nothing can be said there",
        "its history has to go: `hydrachat redis-cli DEL '{log}'`",
    ),
}
FIXABLE = [kind for kind, each in KINDS.items() if not each.mend]
