from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from wire import plain
from wire.codec import encode
from wire.codes import Code
from wire.errors import IllegalMove, WireError
from wire.frames import Bye, Error, Hello, Message, Ping, Pong, Quit, Say, Welcome, Who
from wire.server import MAX_AHEAD, MAX_LINE, Dialect, Event, ServerProtocol, render
from wire.states import State

WELCOME = Welcome(session="s1", nick="alice", node="n1", logs={"#lobby": ("e1", 0)}, heartbeat=10.0)
TAKEN = Error(code=Code.NICK_TAKEN, text="it is taken", suggestion="alice_")


class Node:
    """Answers as a node does; a nickname that begins with `taken` is refused."""

    def __init__(self) -> None:
        self.protocol = ServerProtocol()
        self.events: list[Any] = []
        self.sent = b""

    def feed(self, data: bytes) -> Node:
        self._act(self.protocol.receive_data(data))
        return self

    def eof(self) -> Node:
        self._act(self.protocol.receive_eof())
        return self

    def _act(self, events: Iterator[Event]) -> None:
        for event in events:
            self.events.append(_comparable(event))
            for answer in _answers(event):
                self.sent += self.protocol.send(answer)


def _answers(event: Event) -> list[Any]:
    if isinstance(event, WireError):
        return [event.to_frame()]
    if isinstance(event, Hello):
        return [TAKEN if (event.nick or "").startswith("taken") else WELCOME]
    return [Bye()] if isinstance(event, Quit) else []


def _comparable(event: Event) -> object:
    return (event.code, event.text, event.n, event.id) if isinstance(event, WireError) else event


def say(n: int, text: str, to: str = "#lobby") -> Say:
    return Say(n=n, to=to, text=text)


HELLO = Hello(nick="alice", client="plain")
NATIVE = encode(Hello(nick="alice"))


def test_the_seeds_session_by_hand() -> None:
    node = Node().feed(b"alice\r\nhello all\r\n@bob psst\r\n\\q\r\n")
    assert node.events == [HELLO, say(1, "hello all"), say(2, "psst", "@bob"), Quit()]
    assert node.sent.startswith(b"* welcome, alice;")
    assert node.sent.endswith(b"* bye\n")
    assert node.protocol.dialect is Dialect.PLAIN
    assert node.protocol.state is State.CLOSING


def test_half_close_honours_what_was_sent() -> None:
    node = Node().feed(b"alice\nhello\nand the las").feed(b"t line").eof()
    assert node.events == [HELLO, say(1, "hello"), say(2, "and the last line"), Quit()]


def test_half_close_after_the_nickname_alone() -> None:
    assert Node().feed(b"alice").eof().events == [HELLO, Quit()]


def test_end_of_file_at_once_and_twice() -> None:
    assert Node().eof().eof().events == [Quit()]


def test_no_second_quit_at_the_end() -> None:
    assert Node().feed(b"alice\n\\q\nmore\n").eof().events == [HELLO, Quit()]


def test_a_refused_nickname_asks_again() -> None:
    node = Node().feed(b"taken1\n")
    assert node.protocol.state is State.GREETED
    assert node.sent == b"! it is taken; alice_ is free\nWhat is your nickname?\n"
    node.feed(b"alice\nhi\n")
    assert node.events[1:] == [HELLO, say(1, "hi")]


def test_the_next_line_after_a_refusal_is_another_nickname_though_sent_ahead() -> None:
    node = Node().feed(b"taken1\nalice\nhi\n")
    assert node.events == [Hello(nick="taken1", client="plain"), HELLO, say(1, "hi")]


def test_a_native_client_may_try_again_too() -> None:
    node = Node().feed(encode(Hello(nick="taken")) + NATIVE + encode(Ping()))
    assert node.events == [Hello(nick="taken"), Hello(nick="alice"), Ping()]
    assert b"nickname?" not in node.sent


def test_a_hello_answered_later_keeps_what_follows() -> None:
    protocol = ServerProtocol()
    assert list(protocol.receive_data(b"alice\none\n")) == [HELLO]
    assert list(protocol.receive_data(b"two\n")) == []
    assert list(protocol.receive_eof()) == []
    protocol.send(WELCOME)
    assert list(protocol.receive_data(b"")) == [say(1, "one"), say(2, "two"), Quit()]


def test_too_much_before_the_answer_is_the_end() -> None:
    protocol = ServerProtocol()
    list(protocol.receive_data(b"alice\n"))
    events: list[Event] = []
    for _ in range(MAX_AHEAD // 1000 + 1):
        events += protocol.receive_data(b"x" * 999 + b"\n")
    (error,) = events
    assert isinstance(error, WireError)
    assert (error.code, error.fatal, protocol.state) == (Code.FRAME_TOO_LONG, True, State.CLOSING)
    assert protocol.send(error.to_frame())


@pytest.mark.parametrize(
    ("line", "events"),
    [
        (b"\\q\n", [Quit()]),
        (b"/quit\n", [Quit()]),
        (b"/help\n", [plain.Help()]),
        (b" alice \n", [HELLO]),
        (b"\x1b[Aalice\n", [Hello(nick="[Aalice", client="plain")]),
        (b"alice open sesame\n", [Hello(nick="alice", password="open sesame", client="plain")]),
        (b"GET / HTTP/1.1\r\n", [Hello(nick="GET / HTTP/1.1", client="plain")]),
    ],
)
def test_instead_of_a_nickname(line: bytes, events: list[Event]) -> None:
    assert list(ServerProtocol().receive_data(line)) == events


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", Code.BAD_NICK),
        (b"\xff\xfd\x06\n", Code.BAD_ENCODING),
        (b"x" * (MAX_LINE + 1) + b"\n", Code.FRAME_TOO_LONG),
        (b"{" + b"x" * MAX_LINE + b"\n", Code.FRAME_TOO_LONG),
        (b"{\n", Code.BAD_FRAME),
        (b'{"op":"say","n":1,"to":"#lobby","text":"hi"}\n', Code.ILLEGAL_STATE),
    ],
)
def test_bad_first_lines_leave_a_second_try(line: bytes, code: Code) -> None:
    node = Node().feed(line)
    assert node.events[0][0] is code
    before = node.protocol.state
    assert before is State.GREETED
    assert node.protocol.dialect is (Dialect.NATIVE if line.startswith(b"{") else Dialect.PLAIN)
    node.feed(NATIVE if line.startswith(b"{") else b"alice\n")
    assert node.protocol.state is State.ACTIVE


@pytest.mark.parametrize(("protocol", "fits"), [((1, 1), True), ((0, 9), True), ((2, 3), False), ((1, 0), False)])
def test_protocol_versions(protocol: tuple[int, int], fits: bool) -> None:
    node = Node().feed(encode(Hello(nick="alice", protocol=protocol)))
    assert node.protocol.state is (State.ACTIVE if fits else State.CLOSING)
    assert (b'"code":1009' in node.sent) is not fits
    events = list(ServerProtocol().receive_data(encode(Hello(nick="alice", protocol=protocol))))
    assert any(isinstance(event, WireError) and event.fatal for event in events) is not fits


def test_blank_lines_between_frames_are_nothing() -> None:
    assert Node().feed(NATIVE + b"\n \r\n" + encode(Ping())).events == [Hello(nick="alice"), Ping()]


def test_empty_lines_sent_ahead_cost_something_too() -> None:
    protocol = ServerProtocol()
    events = list(protocol.receive_data(b"alice\n" + b"\n" * 20_000))
    assert isinstance(events[-1], WireError)


def test_a_second_hello_is_refused_and_changes_nothing() -> None:
    node = Node().feed(NATIVE + NATIVE)
    assert node.events[1][0] is Code.ILLEGAL_STATE
    assert node.protocol.state is State.ACTIVE


def test_a_native_client_that_closes_its_half_may_resume() -> None:
    node = Node().feed(NATIVE + encode(Ping())[:-1]).eof()
    assert node.events == [Hello(nick="alice"), Ping()]
    assert node.protocol.state is State.CLOSING


def test_plain_numbers_count_only_what_is_said() -> None:
    node = Node().feed(b"alice\none\n\n   \n/nonsense\n@bob\n/who\n\xff\ntwo\n")
    says = [event for event in node.events if isinstance(event, Say)]
    assert [(event.n, event.text) for event in says] == [(1, "one"), (2, "two")]
    assert Who() in node.events


def test_before_a_join_is_answered_nothing_is_heard_in_the_room_before() -> None:
    protocol = ServerProtocol()
    list(protocol.receive_data(b"alice\n"))
    protocol.send(WELCOME)
    assert list(protocol.receive_data(b"/join #secret\npsst\n"))[1] == say(1, "psst", "#secret")


def test_control_characters_typed_are_dropped() -> None:
    assert Node().feed(b"alice\nhi\x1b[2J\x08\n").events[1] == say(1, "hi[2J")


def test_an_illegal_frame_to_send_changes_nothing() -> None:
    protocol = ServerProtocol()
    with pytest.raises(IllegalMove):
        protocol.send(Pong())
    assert protocol.state is State.GREETED


def test_after_close_nothing_comes_or_goes() -> None:
    node = Node().feed(b"alice\n")
    node.protocol.close()
    node.protocol.close()
    assert node.feed(b"hi\n").eof().events == [HELLO]
    with pytest.raises(IllegalMove):
        node.protocol.send(Bye())


def test_a_fan_out_is_rendered_once_for_each_dialect() -> None:
    message = Message(log="#ops", epoch="e", offset=1, session="s", n=1, nick="a", text="hi", time=1)
    assert render(message, Dialect.NATIVE) == encode(message)
    assert render(message, Dialect.PLAIN) == render(message, None) == b"#ops a: hi\n"


PLAIN_STREAM = b"taken\r\nalice\n/join #ops\nGr\xc3\xbc\xc3\x9fe \xf0\x9f\x98\x80\n\n/nope\n@bob hi\n\xff\n\\q\nafter\n"
NATIVE_STREAM = b"".join(
    [
        encode(Hello(nick="taken")),
        b"{nonsense\n\n",
        NATIVE,
        encode(say(1, "Привет 👋")),
        b'{"op":"say","n":2,"to":"#lobby"}\r\n',
        b'{"op":"me","n":3}\n\xff\n' + NATIVE,
        encode(Ping(id=3)),
        encode(Quit()),
        encode(Ping(id=4)),
    ]
)


@pytest.mark.parametrize("stream", [PLAIN_STREAM, NATIVE_STREAM])
def test_every_split_in_two_gives_the_same_events(stream: bytes) -> None:
    whole = Node().feed(stream).eof()
    assert len(whole.events) >= 7
    for cut in range(len(stream) + 1):
        node = Node().feed(stream[:cut]).feed(stream[cut:]).eof()
        assert (node.events, node.sent) == (whole.events, whole.sent)


@given(data=st.data(), stream=st.sampled_from([PLAIN_STREAM, NATIVE_STREAM]))
def test_every_split_in_many_gives_the_same_events(data: st.DataObject, stream: bytes) -> None:
    whole = Node().feed(stream).eof()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=40)))
    node = Node()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        node.feed(stream[start:end])
    assert (node.eof().events, node.sent) == (whole.events, whole.sent)


PIECES = st.sampled_from(
    [
        *(b"{", b"}", b"\n", b"\r\n", b"\xff", b"\x00", b"/join ", b"@b c", b"\\q", b"//", b"#a b"),
        *(b"x" * 70_000, b"[" * 30_000, NATIVE, encode(Quit()), encode(say(1, "x"))[:-1]),
    ]
)


@given(pieces=st.lists(PIECES | st.binary(max_size=30), max_size=12), answer=st.booleans())
def test_no_bytes_raise_and_memory_is_bounded(pieces: list[bytes], answer: bool) -> None:
    node = Node()
    for piece in pieces:
        if answer:
            node.feed(piece)
        else:
            list(node.protocol.receive_data(piece))
        assert node.protocol._splitter.held <= MAX_LINE + 1
        assert node.protocol._ahead_bytes <= MAX_AHEAD
    node.eof()


@pytest.mark.parametrize(
    "pieces", [[b"\x16\x03\x01\x02"], [b"\x16", b"\x03", b"\n"], [b"\x16\x03\n\x16\x03\n", b"\x16\x03"]]
)
def test_who_speaks_tls_is_told_once_however_it_comes(pieces: list[bytes]) -> None:
    protocol = ServerProtocol()
    events = [event for piece in pieces for event in protocol.receive_data(piece)]
    assert [event.code for event in events if isinstance(event, WireError)] == [Code.NO_TLS]
    assert len(events) == 1
    assert protocol.state is State.CLOSING
