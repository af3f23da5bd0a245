"""A nickname has one holder, who keeps it through a crash, and whose letters no stranger reads."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.tcp import Wire
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Error, Hello, Joined, Left, Message, Quit, Receipt, Say, Welcome

Deploy = Callable[..., Deployment]
GRACE = 2.0  # of the shared cluster


@pytest.fixture(scope="module", autouse=True)
def silent(calm: Deployment) -> Iterator[tuple[Wire, float]]:
    """A connection that never says hello, opened before the other tests; and when that was."""
    wire = Wire(calm.addresses[0])
    yield wire, time.monotonic()
    wire.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [("racer", "racer"), ("Åsa", "åsa"), ("ＦＵＬＬ", "full"), ("Ωμέγα", "ωΜΈΓΑ"), ("同名", "同名")],
)
def test_of_two_who_race_for_a_name_one_gets_it(calm: Deployment, one: str, other: str) -> None:
    with NativeClient(calm.addresses[0], one) as first, NativeClient(calm.addresses[1], other) as second:
        first.send(Hello(nick=one))
        second.send(Hello(nick=other))
        answers = [client.expect_one_of(Welcome, Error) for client in (first, second)]

        winners = [frame for frame in answers if isinstance(frame, Welcome)]
        losers = [frame for frame in answers if isinstance(frame, Error)]
        assert (len(winners), [frame.code for frame in losers]) == (1, [Code.NICK_TAKEN])
        loser = second if isinstance(answers[0], Welcome) else first
        assert losers[0].suggestion
        loser.send(Hello(nick=losers[0].suggestion))
        assert loser.expect(Welcome).nick == losers[0].suggestion
        assert {winners[0].nick, losers[0].suggestion} <= set(calm.presence())
        _leave(first, second)


def test_who_crashes_and_stays_away_leaves_once_after_the_grace(calm: Deployment) -> None:
    with NativeClient(calm.addresses[1], "witness") as witness:
        witness.enter()
        crashed = NativeClient(calm.addresses[0], "crashed")
        crashed.enter()
        witness.expect(Joined, lambda frame: frame.nick == "crashed")
        crashed.crash()
        since = time.monotonic()
        wait_until(lambda: calm.presence().get("crashed") == "n1 away", what="away is shown")
        left = witness.expect(Left, lambda frame: frame.nick == "crashed")
        took = time.monotonic() - since

        assert left.reason == "expired"
        assert took >= GRACE - 0.1
        assert "crashed" not in calm.presence()
        assert _told(witness, Left, "crashed") == 1
        _leave(witness)


def test_who_crashes_and_comes_back_has_never_left(calm: Deployment) -> None:
    with NativeClient(calm.addresses[1], "observer") as observer:
        observer.enter()
        before = NativeClient(calm.addresses[0], "phoenix")
        welcome = before.enter()
        before.crash()
        wait_until(lambda: calm.presence().get("phoenix") == "n1 away", what="away is shown")
        observer.say("while you were away")
        observer.expect_text("while you were away")
        with NativeClient(calm.addresses[1], "phoenix") as after:
            after.resume(welcome, dict(welcome.logs))
            back = after.expect(Welcome)
            after.expect_text("while you were away")

            assert (back.resumed, back.session, back.node) == (True, welcome.session, "n2")
            # The end that is not to come would have come by then: another who crashed at the same time.
            _wait_for_the_end_of_another_grace(calm, observer)
            assert _told(observer, Left, "phoenix") == 0
            assert _told(observer, Joined, "phoenix") == 1
            assert calm.presence()["phoenix"] == "n2 here"
            _leave(after, observer)


def _wait_for_the_end_of_another_grace(calm: Deployment, observer: NativeClient) -> None:
    other = NativeClient(calm.addresses[0], "hourglass")
    other.enter()
    other.crash()
    observer.expect(Left, lambda frame: frame.nick == "hourglass")


def test_a_hello_whose_answer_was_lost_with_its_node_begins_one_session(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=1.0, grace=5.0)
    with NativeClient(cluster.addresses[1], "host") as host, NativeClient(cluster.addresses[0], "guest") as unlucky:
        host.enter()
        hello = Hello(nick="guest", client="test", token=secrets.token_urlsafe(16))
        unlucky.send(hello)
        host.expect(Joined, lambda frame: frame.nick == "guest")
        cluster.nodes[0].kill()
        host.say("who was that?")
        host.expect_text("who was that?")
        with NativeClient(cluster.addresses[1], "guest") as guest:
            guest.send(hello)
            welcome = guest.expect(Welcome)
            guest.expect_text("who was that?")

            assert (welcome.nick, welcome.token, welcome.node) == ("guest", hello.token, "n2")
            guest.say("it is me")
            host.expect_text("it is me")
            assert _told(host, Joined, "guest") == 1
            assert cluster.presence()["guest"] == "n2 here"
            _leave(guest, host)


def test_a_thief_does_not_get_the_name_within_the_grace(calm: Deployment) -> None:
    owner = NativeClient(calm.addresses[0], "Owner")
    welcome = owner.enter()
    owner.crash()
    wait_until(lambda: calm.presence().get("Owner") == "n1 away", what="away is shown")
    with NativeClient(calm.addresses[1], "OWNER") as thief, NativeClient(calm.addresses[1], "Owner") as back:
        thief.send(Hello(nick="OWNER"))
        taken = thief.expect_error(Code.NICK_TAKEN)
        thief.send(Hello(session=welcome.session, token="guessed"))
        thief.expect_error(Code.RESUME_REFUSED)
        back.resume(welcome, dict(welcome.logs))

        assert taken.suggestion
        assert back.expect(Welcome).nick == "Owner"
        _leave(back)


def test_a_stranger_under_a_freed_name_reads_none_of_its_letters(calm: Deployment) -> None:
    with NativeClient(calm.addresses[1], "writer") as writer:
        writer.enter()
        gone = NativeClient(calm.addresses[0], "reader")
        old = gone.enter()
        gone.crash()
        wait_until(lambda: calm.presence().get("reader") == "n1 away", what="away is shown")
        writer.say("for your eyes only", "@reader")
        receipt = writer.expect(Receipt)
        writer.expect(Left, lambda frame: frame.nick == "reader")
        with NativeClient(calm.addresses[0], "reader") as stranger:
            stranger.enter()
            writer.n += 1
            writer.send(Say(n=writer.n, to="@reader", text="still you?", holder=old.session))
            changed = writer.expect_error(Code.ADDRESSEE_CHANGED)
            writer.say("to all")
            stranger.expect_text("to all")
            writer.say("to the new one", "@reader")
            stranger.expect_text("to the new one")

            assert receipt.state == "undelivered"
            assert changed.n == 2
            letters = [f.text for f in stranger.frames if isinstance(f, Message) and f.log == "@"]
            assert letters == ["to the new one"]
            _leave(stranger, writer)


def test_a_session_taken_elsewhere_ends_the_old_connection(calm: Deployment) -> None:
    with NativeClient(calm.addresses[0], "mover") as old, NativeClient(calm.addresses[1], "mover") as new:
        welcome = old.enter()
        new.resume(welcome, dict(welcome.logs))
        new.expect(Welcome)

        old.expect_error(Code.TAKEN_OVER)
        old.expect_end()
        new.say("it is me")
        assert new.expect_text("it is me").session == welcome.session
        _leave(new)


def test_who_never_tells_a_name_is_closed(silent: tuple[Wire, float]) -> None:
    wire, opened = silent
    heard = b""
    deadline = max(opened + 14, time.monotonic() + 2)
    while data := wire.read(deadline):
        heard += data

    assert wire.ended
    assert b"What is your nickname?" in heard
    assert len(heard.splitlines()) == 2, heard


def _told(client: NativeClient, kind: type[Joined] | type[Left], nick: str) -> int:
    return sum(1 for frame in client.frames if isinstance(frame, kind) and frame.nick == nick)


def _leave(*clients: NativeClient) -> None:
    for client in clients:
        client.send(Quit())
        client.expect_end()
