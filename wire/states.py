"""Which frame is legal when, for both roles.

A connection is a conversation of two machines that move alike. The client's `hello` takes both to
WAITING, where the node reads nothing more until it has answered; so what a client sent ahead is
understood in the state that the answer led to. `welcome` makes both ACTIVE, a refusal GREETED again:
the client may try another nickname. `quit` ends what the client says, but not what it is still
owed: in CLOSING answers go on to come until `bye`. An error that ends the connection (`ends`) is
the other way there.

    GREETED --hello--> WAITING --welcome--> ACTIVE --quit, bye, ending error--> CLOSING --> CLOSED
       ^------error-------'

CLOSED is the end: of the socket (`close()`), or for a client also the last frame that it may expect.
A pair that is not in a table is illegal; it raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias, get_args

from wire.codec import op
from wire.codes import Code
from wire.errors import IllegalMove
from wire.frames import Bye, ClientFrame, Error, Frame, Hello, Quit, Reconnect, Recovered, Say, ServerFrame, Welcome


class State(StrEnum):
    """Where a connection stands. Both roles use the same words."""

    GREETED = "greeted"  # connected, no session yet
    WAITING = "waiting"  # a hello is unanswered
    ACTIVE = "active"  # a session is this connection's
    CLOSING = "closing"  # the client says no more; the node may still
    CLOSED = "closed"


class EndingError(Frame, frozen=True):
    """Stands in the tables for an `error` that ends the connection."""


Table: TypeAlias = Mapping[State, Mapping[type[Frame], State]]

CLIENT_FRAMES: tuple[type[Frame], ...] = get_args(ClientFrame)
SERVER_FRAMES: tuple[type[Frame], ...] = (*get_args(ServerFrame), EndingError)

ENDING_CODES = frozenset(
    {
        Code.TOO_SLOW,
        Code.SILENT,
        Code.LEASE_LOST,
        Code.BUSY,
        Code.ADDRESS_LIMIT,
        Code.MEMORY_LIMIT,
        Code.HELLO_TIMEOUT,
        Code.PROTOCOL_VERSION,
        Code.TAKEN_OVER,
        Code.ENDED,
        Code.KICKED,
        Code.BANNED,
        Code.BAD_PROXY,
        Code.TLS_NEEDED,
        Code.NO_TLS,
    }
)
# A node that is leaving takes no new connection, but answers those it has to the end; who is too fast is let wait.
ENDING_BEFORE_WELCOME = frozenset({Code.DRAINING, Code.DEAF, Code.RATE_LIMITED})


def _all(kinds: Iterable[type[Frame]], state: State, but: Iterable[type[Frame]] = ()) -> dict[type[Frame], State]:
    return {kind: state for kind in kinds if kind not in but}


_REFUSING: dict[type[Frame], State] = {
    Error: State.GREETED,
    EndingError: State.CLOSING,
    Bye: State.CLOSING,
}
_ENDING: dict[type[Frame], State] = {EndingError: State.CLOSING, Bye: State.CLOSING}
_LAST: dict[type[Frame], State] = {EndingError: State.CLOSED, Bye: State.CLOSED}
_REQUESTS = _all(CLIENT_FRAMES, State.ACTIVE, but=(Hello, Quit))

SERVER_RECEIVES: Table = {
    State.GREETED: {Hello: State.WAITING, Quit: State.CLOSING},
    State.WAITING: {},
    State.ACTIVE: {**_REQUESTS, Quit: State.CLOSING},
    State.CLOSING: {},
    State.CLOSED: {},
}
SERVER_SENDS: Table = {
    State.GREETED: {**_REFUSING, Reconnect: State.GREETED},
    # The thread that tells of a recovery does not wait for the one that welcomes.
    State.WAITING: {
        **_REFUSING,
        Reconnect: State.WAITING,
        Recovered: State.WAITING,
        Welcome: State.ACTIVE,
    },
    State.ACTIVE: {**_all(SERVER_FRAMES, State.ACTIVE, but=[Welcome]), **_ENDING},
    State.CLOSING: _all(SERVER_FRAMES, State.CLOSING, but=[Welcome]),
    State.CLOSED: {},
}
CLIENT_SENDS: Table = {
    State.GREETED: {Hello: State.WAITING, Quit: State.CLOSING},
    State.WAITING: {Quit: State.CLOSING},
    State.ACTIVE: {**_REQUESTS, Quit: State.CLOSING},
    State.CLOSING: {},
    State.CLOSED: {},
}
CLIENT_RECEIVES: Table = {
    State.GREETED: {Error: State.GREETED, Reconnect: State.GREETED, **_LAST},
    State.WAITING: {
        Welcome: State.ACTIVE,
        Error: State.GREETED,
        Reconnect: State.WAITING,
        Recovered: State.WAITING,
        **_LAST,
    },
    State.ACTIVE: {**_all(SERVER_FRAMES, State.ACTIVE, but=[Welcome]), **_LAST},
    # A welcome may have crossed our quit.
    State.CLOSING: {**_all(SERVER_FRAMES, State.CLOSING), **_LAST},
    State.CLOSED: {},
}


def ends(frame: ClientFrame | ServerFrame, state: State) -> bool:
    """Whether the node closes the connection after `frame`, sent in `state`, because of an error."""
    if type(frame) is not Error:
        return False
    before_welcome = state in (State.GREETED, State.WAITING)
    return frame.code in ENDING_CODES or (before_welcome and frame.code in ENDING_BEFORE_WELCOME)


def advance(table: Table, state: State, frame: ClientFrame | ServerFrame) -> State:
    """The state after `frame`. Raises IllegalMove, with the request's n and id."""
    kind = EndingError if ends(frame, state) else type(frame)
    following = table[state].get(kind)
    if following is None:
        n = frame.n if type(frame) is Say else None
        raise IllegalMove(f"{op(type(frame))} is not allowed now ({_HINT[state]})", n=n, id=getattr(frame, "id", None))
    return following


_HINT = {
    State.GREETED: "say hello first",
    State.WAITING: "a hello is not answered yet",
    State.ACTIVE: "the session has begun already",
    State.CLOSING: "the connection is ending",
    State.CLOSED: "the connection has ended",
}
