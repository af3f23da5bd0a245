"""invite, remove, mute, unmute, owner, guard: what the owner of a room does in it. The scripts decide who that is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Fenced
from cluster.types import Guard, Guarding, RightHint, Rights
from node.verbs.refusals import fenced, refusal
from wire import Code, WireError, check_key, check_words, frames, nickname, room
from wire.plain_input import Governing

if TYPE_CHECKING:
    from node.connection import Connection

_ACTS: dict[type[Governing], str] = {
    frames.Invite: "invite",
    frames.Remove: "remove",
    frames.Mute: "mute",
    frames.Unmute: "unmute",
    frames.HandOver: "owner",
}


def govern(connection: Connection, frame: Governing) -> None:
    _ask(connection, frame.id, lambda: _governed(connection, frame))


def guard(connection: Connection, frame: frames.GuardRoom) -> None:
    _ask(connection, frame.id, lambda: _guarded(connection, frame))


def key_digest(name: str, key: str | None) -> str:
    """What goes to Redis instead of the key of a room; '' for none. Raises WireError."""
    if not key:
        return ""
    check_key(key)
    return hashlib.sha256(f"key of {name} {key}".encode()).hexdigest()


def rights_frame(rights: Rights, request: int | None = None) -> frames.Rights:
    """Pure."""
    return frames.Rights(
        room=rights.room,
        owner=rights.owner,
        own=rights.own,
        key=Guard.KEY in rights.guards,
        invite=Guard.INVITE in rights.guards,
        private=Guard.PRIVATE in rights.guards,
        topic=Guard.TOPIC in rights.guards,
        you=rights.yours,
        invited=list(rights.invited),
        muted=list(rights.muted),
        removed=list(rights.removed),
        id=request,
    )


def hint_frame(hint: RightHint) -> frames.Rights:
    """For the one whom it concerns. Pure."""
    return frames.Rights(room=hint.room, you=hint.what, by=hint.by, text=hint.text)


def _ask(connection: Connection, request: int | None, act: Callable[[], Rights]) -> None:
    try:
        connection.tell(rights_frame(act(), request))
    except WireError as error:
        connection.tell(WireError(error.code, error.text, id=request).to_frame())
    except Fenced as error:
        connection.dismiss(fenced(error))
    except ClusterError as error:
        connection.tell(refusal(error, id=request))


def _governed(connection: Connection, frame: Governing) -> Rights:
    session, house = connection.session, connection.house
    assert session is not None
    name, nick, text, act = room(frame.room), nickname(frame.nick), frame.text.strip(), _ACTS[type(frame)]
    check_words(text)
    if nick.mapped == session.name.mapped:
        raise WireError(Code.BAD_NICK, "that is you; name somebody else")
    done = house.cluster.govern(session.id, session.claim, name, act, nick.mapped, text)
    if done.changed:
        house.log.info("governed", room=name, act=act, whom=nick.shown, **connection.names())
    return done


def _guarded(connection: Connection, frame: frames.GuardRoom) -> Rights:
    session, house = connection.session, connection.house
    assert session is not None
    name = room(frame.room)
    asked = {Guard.INVITE: frame.invite, Guard.PRIVATE: frame.private, Guard.TOPIC: frame.topic}
    changes = {each: holds for each, holds in asked.items() if holds is not None}
    digest = key_digest(name, frame.key)
    if frame.key is not None:
        changes[Guard.KEY] = bool(digest)
    if not changes:
        return house.cluster.govern(session.id, session.claim, name, "tell")
    done = house.cluster.guard(session.id, session.claim, name, Guarding(changes, digest))
    if done.changed:
        house.log.info("guarded", room=name, guards=",".join(sorted(done.guards)), **connection.names())
    return done
