"""Both roles as a pair in memory: what one sends the other understands."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from wire import plain
from wire.client import ClientProtocol
from wire.codes import Code
from wire.errors import IllegalMove, WireError
from wire.frames import Bye, ClientFrame, Error, Frame, Hello, Ping, Pong, Quit, Say, ServerFrame, Welcome
from wire.server import Dialect, ServerProtocol
from wire.states import State

WELCOME = Welcome(session="s1", nick="alice", node="n1", logs={"#lobby": ("e1", 0)}, heartbeat=10.0)


class Pair:
    def __init__(self) -> None:
        self.client = ClientProtocol()
        self.server = ServerProtocol()
        assert self.client.receive_data(plain.GREETING) == []

    def up(self, frame: ClientFrame) -> None:
        assert list(self.server.receive_data(self.client.send(frame))) == [frame]

    def down(self, frame: ServerFrame) -> None:
        assert self.client.receive_data(self.server.send(frame)) == [frame]

    def begin(self) -> Pair:
        self.up(Hello(nick="alice"))
        self.down(WELCOME)
        return self

    @property
    def states(self) -> tuple[State, State]:
        return self.client.state, self.server.state


def test_a_whole_conversation(samples: dict[type[Frame], Any]) -> None:
    pair = Pair()
    assert pair.states == (State.GREETED, State.GREETED)
    pair.up(Hello(nick="alice"))
    assert pair.states == (State.WAITING, State.WAITING)
    pair.down(Error(code=Code.NICK_TAKEN, text="taken", suggestion="alice_"))
    assert pair.states == (State.GREETED, State.GREETED)
    pair.begin()
    assert pair.states == (State.ACTIVE, State.ACTIVE)
    assert pair.server.dialect is Dialect.NATIVE
    for kind in get_args(ClientFrame):
        if kind not in (Hello, Quit):
            pair.up(samples[kind])
    for kind in get_args(ServerFrame):
        if kind not in (Welcome, Bye):
            pair.down(samples[kind])
    pair.up(Quit())
    assert pair.states == (State.CLOSING, State.CLOSING)
    pair.down(samples[Pong])
    pair.down(Bye())
    assert pair.states == (State.CLOSED, State.CLOSING)


def test_hello_before_the_greeting_is_read() -> None:
    client, server = ClientProtocol(), ServerProtocol()
    events = server.receive_data(client.send(Hello(nick="alice")) + client.send(Quit()))
    assert next(events) == Hello(nick="alice")
    assert client.receive_data(plain.GREETING + server.send(WELCOME)) == [WELCOME]
    assert next(events) == Quit()
    assert client.receive_data(server.send(Bye())) == [Bye()]
    assert client.state is State.CLOSED


@pytest.mark.parametrize("kind", get_args(ClientFrame))
def test_a_client_refuses_to_send_what_the_node_would_refuse(
    kind: type[Frame], samples: dict[type[Frame], Any]
) -> None:
    client = ClientProtocol()
    if kind in (Hello, Quit):
        assert client.send(samples[kind])
        return
    with pytest.raises(IllegalMove):
        client.send(samples[kind])
    assert client.state is State.GREETED


def test_a_frame_that_is_too_long_is_not_sent_and_changes_nothing() -> None:
    pair = Pair().begin()
    with pytest.raises(WireError) as refused:
        pair.client.send(Say(n=7, to="#lobby", text="x" * 70_000))
    assert (refused.value.code, refused.value.n) == (Code.FRAME_TOO_LONG, 7)
    pair.up(Ping())


def test_an_ending_error_ends_both() -> None:
    pair = Pair().begin()
    pair.down(Error(code=Code.TAKEN_OVER, text="resumed elsewhere"))
    assert pair.states == (State.CLOSED, State.CLOSING)
    with pytest.raises(IllegalMove):
        pair.client.send(Ping())


def test_a_client_survives_what_it_can_not_read() -> None:
    client = ClientProtocol()
    client.send(Hello(nick="alice"))
    server = ServerProtocol()
    list(server.receive_data(b'{"op":"hello","nick":"alice"}\n'))
    events = client.receive_data(
        plain.GREETING
        + b"garbage\n"
        + b'{"op":"confetti"}\n'
        + b'{"op":"pong"}\n'
        + b'{"op":"welcome"}\n\n'
        + b"x" * 70_000
        + b"\n"
        + server.send(WELCOME)
    )
    codes = [event.code for event in events if isinstance(event, WireError)]
    assert codes == [Code.BAD_FRAME, Code.ILLEGAL_STATE, Code.BAD_FRAME, Code.FRAME_TOO_LONG]
    assert events[-1] == WELCOME
    assert client.state is State.ACTIVE


def test_a_node_without_greeting_is_understood() -> None:
    client = ClientProtocol()
    client.send(Hello(nick="alice"))
    (event,) = client.receive_data(b'{"op":"error","code":109,"text":"full"}\n')
    assert event == Error(code=Code.BUSY, text="full")
    assert client.state is State.CLOSED


@given(data=st.data())
def test_every_split_gives_the_client_the_same_events(data: st.DataObject) -> None:
    frames: list[ServerFrame] = [WELCOME, Pong(id=1), Error(code=1007, text="слишком 😀", n=1), Bye()]
    server = ServerProtocol()
    list(server.receive_data(b'{"op":"hello","nick":"alice"}\n'))
    stream = plain.GREETING + b"".join(server.send(frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    client = ClientProtocol()
    client.send(Hello(nick="alice"))
    events: list[object] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        events += client.receive_data(stream[start:end])
    assert events == frames


@given(pieces=st.lists(st.binary(max_size=40) | st.just(b"x" * 70_000) | st.just(b'{"op":"pong"}\n'), max_size=9))
def test_no_bytes_of_a_node_raise(pieces: list[bytes]) -> None:
    client = ClientProtocol()
    client.send(Hello(nick="alice"))
    for piece in pieces:
        client.receive_data(piece)
        assert client._splitter.held <= 65536
