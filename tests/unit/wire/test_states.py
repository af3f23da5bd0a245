"""Each (state, frame) pair, for both roles and both directions, against a second statement of the rules."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest

from wire import states
from wire.codes import Code
from wire.errors import IllegalMove
from wire.frames import ClientFrame, Error, Frame, Hello, Ping, Quit, Reconnect, ServerFrame, Welcome
from wire.server import Dialect, ServerProtocol
from wire.states import EndingError, State, Table, advance

GREETED, WAITING, ACTIVE, CLOSING, CLOSED = State
CLIENT: list[type[Frame]] = list(get_args(ClientFrame))
SERVER: list[type[Frame]] = [*get_args(ServerFrame), EndingError]
ENDINGS = {"EndingError", "Bye"}


def name(kind: type[Frame]) -> str:
    return kind.__name__


def from_client(state: State, kind: str, *, client: bool) -> State | None:
    if state in (CLOSING, CLOSED) or (state is WAITING and not client):
        return None
    if kind == "Quit":
        return CLOSING
    if kind == "Hello":
        return WAITING if state is GREETED else None
    return ACTIVE if state is ACTIVE else None


def from_server(state: State, kind: str, *, client: bool) -> State | None:
    if state is CLOSED:
        return None
    if kind in ENDINGS:
        return CLOSED if client else CLOSING
    if kind == "Welcome":
        crossed = CLOSING if client and state is CLOSING else None
        return ACTIVE if state is WAITING else crossed
    if kind == "Recovered" and state is WAITING:
        return WAITING
    if state in (GREETED, WAITING):
        return {"Error": GREETED, "Reconnect": state}.get(kind)
    return state


PRODUCT = [
    *((states.CLIENT_SENDS, s, k, from_client(s, name(k), client=True)) for s in State for k in CLIENT),
    *((states.SERVER_RECEIVES, s, k, from_client(s, name(k), client=False)) for s in State for k in CLIENT),
    *((states.SERVER_SENDS, s, k, from_server(s, name(k), client=False)) for s in State for k in SERVER),
    *((states.CLIENT_RECEIVES, s, k, from_server(s, name(k), client=True)) for s in State for k in SERVER),
]


@pytest.mark.parametrize(("table", "state", "kind", "following"), PRODUCT)
def test_pair(
    table: Table, state: State, kind: type[Frame], following: State | None, samples: dict[type[Frame], Any]
) -> None:
    frame = samples[kind]
    if following is not None:
        assert advance(table, state, frame) is following
        return
    with pytest.raises(IllegalMove) as refused:
        advance(table, state, frame)
    assert refused.value.code is Code.ILLEGAL_STATE
    assert not refused.value.fatal


@pytest.mark.parametrize(("state", "kind"), list(itertools.product(State, SERVER)))
def test_sending_moves_the_protocol_or_changes_nothing(
    state: State, kind: type[Frame], samples: dict[type[Frame], Any]
) -> None:
    protocol = ServerProtocol()
    protocol.dialect = Dialect.NATIVE
    protocol.state = state
    following = from_server(state, name(kind), client=False)
    if following is None:
        with pytest.raises(IllegalMove):
            protocol.send(samples[kind])
    else:
        protocol.send(samples[kind])
    assert protocol.state is (following or state)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", CLIENT)
def test_what_a_client_may_send_a_node_may_receive(kind: type[Frame], state: State) -> None:
    """WAITING aside, in which the node does not look before it has answered."""
    if state is not WAITING:
        assert states.CLIENT_SENDS[state].get(kind) is states.SERVER_RECEIVES[state].get(kind)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", SERVER)
def test_what_a_node_may_send_a_client_may_receive(kind: type[Frame], state: State) -> None:
    if kind in states.SERVER_SENDS[state]:
        assert kind in states.CLIENT_RECEIVES[state]


def test_an_illegal_request_is_named_in_the_error() -> None:
    with pytest.raises(IllegalMove) as refused:
        advance(states.SERVER_RECEIVES, GREETED, Ping(id=7))
    assert refused.value.id == 7
    assert "hello" in refused.value.text


def test_the_n_of_a_hello_is_no_request() -> None:
    with pytest.raises(IllegalMove) as refused:
        advance(states.SERVER_RECEIVES, ACTIVE, Hello(nick="alice", n=4))
    assert refused.value.n is None


@pytest.mark.parametrize("code", [Code.DRAINING, Code.DEAF])
def test_a_leaving_node_refuses_a_newcomer_for_good_but_only_the_request_of_others(code: Code) -> None:
    error = Error(code=code, text="")
    assert advance(states.SERVER_SENDS, WAITING, error) is CLOSING
    assert advance(states.SERVER_SENDS, ACTIVE, error) is ACTIVE


def test_every_frame_is_in_the_product() -> None:
    assert {Hello, Quit} <= set(CLIENT)
    assert {Welcome, Reconnect, Error} <= set(SERVER)
    assert len(PRODUCT) == 2 * len(State) * (len(CLIENT) + len(SERVER))
