"""The frames that a client sends. See `frames`."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import field

from wire.fields import Cursors, Frame, Id, Limit, Number, Ordinal, Place, RequestId, Secret, Short, Version


class Hello(Frame, frozen=True, tag="hello"):
    """Opens a session (`nick`) or resumes one (`session`, `token`, `cursors`, `n`).

    `protocol` is (lowest, highest) that the client speaks. `cursors`: for each log what was
    received last. `n`: the highest n whose outcome the client knows. `password`: the nickname's own, or what the
    cluster asks of everybody. `rotate`: the client understands that the welcome of a resume brings a new token.
    `former`: the token before `token`: the cluster's data may have been set back to when that was the newest.
    `lost`: with `nick`, a session that was lost, its token and the one before ('': none): if it is there all the same,
    it ends in favour of the new one.
    """

    protocol: tuple[Version, Version] = (1, 1)
    client: Short = ""
    nick: str | None = None
    session: Id | None = None
    token: Short | None = None
    cursors: Cursors = field(default_factory=dict)
    n: Number = 0
    password: Secret | None = None
    rotate: bool = False
    former: Short | None = None
    lost: tuple[Id, Short, Short] | None = None

    def __repr__(self) -> str:
        # Whatever shows a frame, shows no secret.
        return f"Hello(nick={self.nick!r}, session={self.session!r})"


class Confirm(Frame, frozen=True, tag="confirm"):
    """The token that the welcome of a resume brought has arrived: those before it may be spent."""

    token: Short

    def __repr__(self) -> str:
        return "Confirm()"


class Register(Frame, frozen=True, tag="register"):
    """Makes the session's nickname its user's own, or changes its password: then `former` is the present one."""

    password: Secret
    id: RequestId | None = None
    former: Secret | None = None

    def __repr__(self) -> str:
        return f"Register(id={self.id})"


class Unregister(Frame, frozen=True, tag="unregister"):
    """The session's nickname is to be nobody's own any more."""

    password: Secret
    id: RequestId | None = None

    def __repr__(self) -> str:
        return f"Unregister(id={self.id})"


class Say(Frame, frozen=True, tag="say"):
    """`to` is `#room` or `@nick`. `holder`: the session that the sender last saw under that nick.

    `again`: it was accepted at that place, or seen there, in an epoch that is over: if it was lost it is said now.
    """

    n: Ordinal
    to: str
    text: str
    holder: Short | None = None
    again: Place | None = None


class Ack(Frame, frozen=True, tag="ack"):
    """Cumulative: everything up to each cursor has reached the user."""

    cursors: Cursors


class Join(Frame, frozen=True, tag="join"):
    """`key`: for a room that asks for one."""

    room: str
    id: RequestId | None = None
    key: str | None = None


class Leave(Frame, frozen=True, tag="leave"):
    room: str
    id: RequestId | None = None


class Who(Frame, frozen=True, tag="who"):
    """Members of `room`, or everybody in the cluster when it is left out."""

    room: str | None = None
    id: RequestId | None = None


class Rooms(Frame, frozen=True, tag="rooms"):
    id: RequestId | None = None


class History(Frame, frozen=True, tag="history"):
    """Up to `limit` messages of `room` before offset `before` (0: the newest)."""

    room: str
    before: Number = 0
    limit: Limit = 50
    id: RequestId | None = None


class SetTopic(Frame, frozen=True, tag="topic"):
    """Changes the topic of `room` ("" clears it), or asks for it when `text` is left out."""

    room: str
    text: str | None = None
    id: RequestId | None = None


class Invite(Frame, frozen=True, tag="invite"):
    """The room's owner lets `nick` in, whatever guards it, also after a removal. `text`: his words."""

    room: str
    nick: str
    text: str = ""
    id: RequestId | None = None


class Remove(Frame, frozen=True, tag="remove"):
    """The owner puts `nick` out, who can't come back until invited. `text`: why."""

    room: str
    nick: str
    text: str = ""
    id: RequestId | None = None


class Mute(Frame, frozen=True, tag="mute"):
    """What `nick` says in the room is refused from now on."""

    room: str
    nick: str
    text: str = ""
    id: RequestId | None = None


class Unmute(Frame, frozen=True, tag="unmute"):
    room: str
    nick: str
    text: str = ""
    id: RequestId | None = None


class HandOver(Frame, frozen=True, tag="owner"):
    """The owner gives the room to `nick`, a member."""

    room: str
    nick: str
    text: str = ""
    id: RequestId | None = None


class GuardRoom(Frame, frozen=True, tag="guard"):
    """What the owner's room demands from now on; what is left out stays. `key`: "" for none. Without any it only asks
    what holds, which every member may."""

    room: str
    key: str | None = None
    invite: bool | None = None
    private: bool | None = None
    topic: bool | None = None
    id: RequestId | None = None


class Rename(Frame, frozen=True, tag="nick"):
    """Another nickname for the session."""

    nick: str
    id: RequestId | None = None


class GoAway(Frame, frozen=True, tag="away"):
    """The user is away, by his own choice, until `back`. `text`: what he says of it."""

    text: str = ""
    id: RequestId | None = None


class ComeBack(Frame, frozen=True, tag="back"):
    id: RequestId | None = None


class Whois(Frame, frozen=True, tag="whois"):
    nick: str
    id: RequestId | None = None


class Ping(Frame, frozen=True, tag="ping"):
    id: RequestId | None = None


class Quit(Frame, frozen=True, tag="quit"):
    pass


ClientFrame: TypeAlias = (
    Hello
    | Confirm
    | Register
    | Unregister
    | Say
    | Ack
    | Join
    | Leave
    | Who
    | Rooms
    | History
    | SetTopic
    | Invite
    | Remove
    | Mute
    | Unmute
    | HandOver
    | GuardRoom
    | Rename
    | GoAway
    | ComeBack
    | Whois
    | Ping
    | Quit
)
