"""What is another's, and what is over: sessions, cursors, frames of a former connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest
from msgspec import structs

from tests.hostile.answers import of
from tests.hostile.honest import HonestPair
from tests.support.deployment import PREFIX, Deployment
from tests.support.native import NativeClient
from wire.codec import encode
from wire.codes import Code
from wire.frames import Accepted, Ack, Error, Frame, Hello, Message, Ping, Pong, Quit, Say, Welcome

NUMBERS = count()
GREATEST = 2**53 - 1


@pytest.fixture
def victim(town: Deployment) -> Iterator[NativeClient]:
    """Somebody at n2."""
    with NativeClient(town.addresses[1], f"victim{next(NUMBERS)}") as client:
        client.enter()
        yield client
        with suppress(OSError):  # a test may have taken the session away
            client.send(Quit())
        client.expect_end()


def entered(town: Deployment, name: str = "thief") -> NativeClient:
    client = NativeClient(town.addresses[0], f"{name}{next(NUMBERS)}")
    client.enter()
    return client


def left(client: NativeClient) -> None:
    client.send(Quit())
    client.expect_end()


def answers(client: NativeClient, kind: type[Frame]) -> list[Frame]:
    client.send(Ping(id=77))
    client.expect(Pong, of(id=77))
    return [frame for frame in client.frames if isinstance(frame, kind)]


def test_a_cursor_of_anothers_inbox_brings_nothing(
    town: Deployment, undisturbed: HonestPair, victim: NativeClient
) -> None:
    """Neither in a hello nor in an ack, and nobody's own cursor moves by it."""
    with entered(town, "friend") as friend, entered(town) as thief:
        friend.say("for your eyes only", f"@{victim.nick}")
        friend.expect(Accepted)
        victim.expect_text("for your eyes only")
        epoch = next(frame.epoch for frame in victim.frames if isinstance(frame, Message) and frame.log == "@")
        session = victim.welcome.session
        logs = [f"@{session}", f"@{victim.nick}", f"inbox:{session}", f"{{hydrachat}}:inbox:{session}:log"]
        thief.send(Ack(cursors=dict.fromkeys(logs, (epoch, GREATEST))))
        thief.send(Ack(cursors={"@": (epoch, GREATEST)}))
        thief.crash()
        with NativeClient(town.addresses[1], thief.nick) as again:
            again.resume(thief.welcome, dict.fromkeys([*logs, "@"], (epoch, 0)))
            welcome = again.expect(Welcome)
            for log in logs:
                again.send_raw(b'{"op":"history","room":"%s","id":5}\n' % log.encode())
                assert again.expect(Error, of(id=5)).code in (Code.BAD_ROOM, Code.NOT_MEMBER)

            assert set(welcome.logs) == {"#lobby", "@"}
            assert not [frame for frame in answers(again, Message) if "eyes" in getattr(frame, "text", "")]
            left(again)
        left(friend)
    with town.client() as redis:
        assert redis.hget(f"{PREFIX}inbox:{session}:meta", "acknowledged") in (None, "0")


STRANGE = (
    {"@": ("", GREATEST)},
    {"@": ("x" * 60_000, 1)},
    {"@": ("\x1b[2J\n", 1)},
    {f"#room{number}": ("e", number) for number in range(2000)},
    {"": ("", 0), "#": ("", 0), "\x00": ("\x00", 0)},
)


def test_what_is_sent_after_an_ack_of_the_future_is_not_acknowledged(
    town: Deployment, undisturbed: HonestPair, victim: NativeClient
) -> None:
    """A client that is wrong, or lies, loses no message by it; strange logs and epochs are nothing."""
    welcome, texts = victim.welcome, [f"afterwards {number}" for number in range(3)]
    future = Ack(cursors={"@": (welcome.logs["@"][0], GREATEST)})
    with entered(town, "friend") as friend:
        for number, text in enumerate(texts):
            with NativeClient(town.addresses[0], victim.nick) as liar:
                liar.resume(welcome, {})
                liar.expect(Welcome)
                if number:
                    liar.expect_text(texts[number - 1])
                # The second one is told half a second later, or when the connection ends.
                for frame in (future, *(Ack(cursors=cursors) for cursors in STRANGE), future):
                    liar.send(frame)
                liar.send_raw(b'{"op":"ack","cursors":{"@":["e",-1]}}\n{"op":"ack","cursors":{"@":["e",%d]}}\n' % 2**63)
                assert [liar.expect(Error).code for _ in range(2)] == [Code.BAD_FRAME, Code.BAD_FRAME]
                friend.say(text, f"@{victim.nick}")
                friend.expect(Accepted)
                liar.crash()
        with NativeClient(town.addresses[1], victim.nick) as again:
            again.resume(welcome, {})
            again.expect_text(texts[-1])
            left(again)
        left(friend)


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "A" * 100, "\x00" * 22, "' OR 1=1 --", None])
def test_a_session_is_not_had_by_guessing(
    town: Deployment, undisturbed: HonestPair, victim: NativeClient, token: str | None
) -> None:
    """The same answer, in the same bytes, for one that is there and one that isn't."""
    told = []
    for session in (victim.welcome.session, "A" * 22):
        with NativeClient(town.addresses[0], "guesser") as thief:
            thief.send(Hello(client="test", nick=None, session=session, token=token, n=GREATEST))
            told.append(encode(thief.expect(Error)))

            assert not any(isinstance(frame, Welcome) for frame in thief.frames)
    assert told[0] == told[1]
    victim.say("still mine")
    assert victim.expect(Accepted).n == 1


def test_the_session_id_is_no_key_to_its_token(town: Deployment, undisturbed: HonestPair, victim: NativeClient) -> None:
    """What everybody may know of a session (whois, messages) does not open it."""
    known = [victim.welcome.session, victim.nick, victim.welcome.logs["@"][0]]
    for token in known:
        with NativeClient(town.addresses[0], "guesser") as thief:
            thief.send(Hello(client="test", nick=victim.nick, session=victim.welcome.session, token=token))
            assert thief.expect(Error).code == Code.RESUME_REFUSED


def test_a_token_opens_nothing_once_its_owner_has_quit(town: Deployment, undisturbed: HonestPair) -> None:
    """Neither the first nor the one that came with a resume, at either node; and a session that is over is refused in
    the same bytes as one that never was."""
    with entered(town, "gone") as first:
        welcomes = [first.welcome]
        first.crash()
    with NativeClient(town.addresses[1], first.nick) as second:
        second.resume(welcomes[0], {})
        welcomes.append(second.expect(Welcome))
        left(second)
    told = {tried(address, welcome) for address in town.addresses for welcome in welcomes}
    assert told == {tried(town.addresses[0], structs.replace(welcomes[0], session="A" * 22))}
    with entered(town, "gone") as other:
        assert other.welcome.session not in {welcome.session for welcome in welcomes}
        left(other)


def tried(address: str, welcome: Welcome) -> bytes:
    """What a resume with it is answered."""
    with NativeClient(address, "thief") as thief:
        thief.resume(welcome, {})
        told = encode(thief.expect(Error))
        assert not any(isinstance(frame, Welcome) for frame in thief.frames)
        return told


def test_old_frames_on_a_new_connection_say_nothing_twice(town: Deployment, undisturbed: HonestPair) -> None:
    """Who recorded a connection and sends it again, or a client that sends all again, has said it once."""
    with entered(town, "again") as client:
        frames = [encode(Say(n=n, to="#lobby", text=f"once only {n}")) for n in range(1, 11)]
        client.send_raw(b"".join(frames))
        first = [client.expect(Accepted, of(n=n)) for n in range(1, 11)]
        welcome = client.welcome
        client.crash()
    for address in reversed(town.addresses):
        with NativeClient(address, client.nick) as replay:
            replay.resume(welcome, {})
            replay.expect(Welcome)
            replay.send_raw(b"".join([encode(Hello(nick=client.nick)), *frames, *frames]))
            assert replay.expect(Error).code == Code.ILLEGAL_STATE
            again = [replay.expect(Accepted, of(n=n)) for n in range(1, 11)]
            replay.crash()

            assert [(one.n, one.offset) for one in again] == [(one.n, one.offset) for one in first]
    assert [n for session, n in town.said_in("#lobby") if session == welcome.session] == [str(n) for n in range(1, 11)]


def test_frames_before_the_hello_and_a_second_hello(town: Deployment, undisturbed: HonestPair) -> None:
    frames = [
        b'{"op":"say","n":1,"to":"#lobby","text":"x"}',
        b'{"op":"ack","cursors":{"@":["e",1]}}',
        b'{"op":"join","room":"#a"}',
        b'{"op":"who"}',
        b'{"op":"rooms"}',
        b'{"op":"whois","nick":"honest1"}',
        b'{"op":"history","room":"#lobby"}',
        b'{"op":"ping"}',
    ]
    with NativeClient(town.addresses[0], f"early{next(NUMBERS)}") as client:
        client.send_raw(b"\n".join(frames) + b"\n")
        codes = [client.expect(Error).code for _ in frames]
        assert codes == [Code.ILLEGAL_STATE] * len(frames)
        # Nothing was told but that.
        assert {type(frame) for frame in client.frames} == {Error}
        client.enter()
        client.send_hello()
        assert client.expect(Error).code == Code.ILLEGAL_STATE
        left(client)
