"""What users of other chat systems suffer from and no other file here shows: each cause is reproduced, and must cost
nobody anything. The table in docs/failures.md names the test of each pain."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from drill.history import Kind
from tests.blackbox.test_drill_controls import broken_node
from tests.support.deployment import PREFIX, UNLIMITED, Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.servers import Node
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.frames import Accepted, Ack, Gap, Join, Joined, Left, Message, Receipt, Welcome

Deploy = Callable[..., Deployment]
DEADLY = "a message that nobody foresaw"  # as tests/support/broken_nodes/mortal_listener.py has it
MIB = 1024 * 1024
BUSY, SIZE, WINDOW = 1000, 2000, 50
FLAPS = 6
HOPS = 12
CALM = {"nodes": 3, "grace": 60.0, "flags": UNLIMITED}
"""The grace is long: whoever is to come back does, however slow the machine."""


def test_noise_on_the_channels_makes_no_node_deaf(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=2.0)
    with NativeClient(cluster.addresses[0], "ana") as ana, NativeClient(cluster.addresses[1], "ben") as ben:
        ana.enter()
        ben.enter()
        with cluster.client() as client:
            channels = [str(name) for name in client.pubsub_channels(f"{PREFIX}*")]
            for noise in (b"", b"\xff\xfe", b"!", b"!taken \xff", b"!probe", b"no entry\n", b"x" * (8 * MIB)):
                assert all(client.publish(channel, noise) for channel in channels)
        ana.say("do you hear me?")
        ben.expect_text("do you hear me?")
        ben.say("and you me?")
        ana.expect_text("and you me?")

        assert len(channels) == 3, "the lobby's, and one for each node"
        for node in cluster.nodes:
            assert node.ready_code() == 200
            assert not [event["event"] for event in node.events() if event["event"] in ("deaf", "degraded", "error")]


def test_a_listener_that_dies_ends_its_node_and_deafens_nobody(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=8.0, start=False)
    mortal = Node("n1", cluster.redis.url, cluster.folder / "n1", cluster.flags, broken_node("mortal_listener"))
    cluster.nodes[0] = mortal
    cluster.start()
    with Crowd(cluster, 6) as crowd:
        crowd.wait_talk(2)
        homeless = crowd.at("n1")
        crowd.at("n2")[0].say(words=DEADLY)
        assert mortal.wait() == 1
        wait_until(lambda: all(talker.chat.node == "n2" for talker in homeless), what="all have moved")
        crowd.wait_talk(2)
        crowd.finish()

        assert len(homeless) == 3
        assert "the listener fell over a message" in mortal.events("error")[0]["reason"]
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


@pytest.mark.parametrize("knows", [True, False], ids=["the welcome", "nothing"])
def test_a_resume_before_a_first_message_came_misses_nothing(calm: Deployment, knows: bool) -> None:
    here, there, _ = calm.addresses
    nick = f"quiet{knows:d}"
    with (
        NativeClient(there, f"speaker{knows:d}") as speaker,
        NativeClient(here, nick) as quiet,
        NativeClient(there, nick) as back,
    ):
        speaker.enter()
        quiet.send_hello()
        welcome = quiet.expect(Welcome)
        quiet.crash()
        _say(speaker, "the first of all")
        _say(speaker, "the first letter", f"@{nick}")
        back.resume(welcome, dict(welcome.logs) if knows else {})

        assert back.expect(Welcome).resumed
        back.expect_text("the first of all")
        back.expect_text("the first letter")
        assert not [frame for frame in back.frames if isinstance(frame, Gap)]


def test_a_crash_of_all_nodes_leaves_no_ghosts(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=1.0, grace=2.0)
    ghosts = [f"ghost{number}" for number in range(4)]
    with ExitStack() as stack:
        for number, nick in enumerate(ghosts):
            stack.enter_context(NativeClient(cluster.addresses[number % 2], nick)).enter()
        for node in cluster.nodes:
            node.kill()
    # As a deploy does it, the next one has another name.
    new = cluster.make_node("n3")
    cluster.others.append(new)
    new.start()
    new.wait_ready()
    with NativeClient(new.address, "witness") as witness, NativeClient(new.address, ghosts[0]) as successor:
        witness.enter()
        left = [witness.expect(Left, within=30) for _ in ghosts]
        successor.enter()
        successor.say("the name is free")
        witness.expect_text("the name is free")

        assert sorted((frame.nick, frame.reason) for frame in left) == [(nick, "expired") for nick in ghosts]
        assert len([frame for frame in witness.frames if isinstance(frame, Left)]) == len(ghosts)
        assert cluster.presence() == {"witness": "n3 here", ghosts[0]: "n3 here"}


def test_who_comes_back_while_the_old_connection_dies_never_looks_gone(calm: Deployment) -> None:
    with ExitStack() as stack:
        observer = stack.enter_context(NativeClient(calm.addresses[2], "watcher"))
        observer.enter()
        before = stack.enter_context(NativeClient(calm.addresses[0], "hopper"))
        welcome = before.enter()
        for hop in range(1, HOPS + 1):
            after = stack.enter_context(NativeClient(calm.addresses[hop % 2], "hopper"))
            after.resume(welcome, dict(welcome.logs))
            if hop % 3:  # The end of the old one and the coming of the new one race.
                before.crash()
            after.expect(Welcome)
            before.close()
            before = after
        _check_quiet(calm, observer, before, welcome)


def test_a_flapping_network_makes_no_noise(calm: Deployment) -> None:
    with ExitStack() as stack:
        observer = stack.enter_context(NativeClient(calm.addresses[2], "listener"))
        person = stack.enter_context(PlainClient(calm.addresses[2], "person"))
        observer.enter()
        current = stack.enter_context(NativeClient(calm.addresses[0], "flapper"))
        welcome = current.enter()
        for flap in range(1, FLAPS + 1):
            current.crash()
            wait_until(lambda: calm.presence().get("flapper", "").endswith("away"), what="the crash is noticed")
            current = stack.enter_context(NativeClient(calm.addresses[flap % 2], "flapper"))
            current.resume(welcome, dict(welcome.logs))
            current.expect(Welcome)
        _check_quiet(calm, observer, current, welcome)

        person.expect("flapper: still here")
        about = [line for line in person.lines if "flapper" in line]
        assert len(about) == 2, f"more than that it came and what it said: {about}"


def _check_quiet(calm: Deployment, observer: NativeClient, current: NativeClient, welcome: Welcome) -> None:
    """`observer` saw that person come once and never go, and nothing is about to declare it gone."""
    current.say("still here")
    observer.expect_text("still here")
    told = [type(f) for f in observer.frames if isinstance(f, (Joined, Left)) and f.nick == current.nick]
    assert told == [Joined]
    assert calm.presence()[current.nick] == "n1 here"
    with calm.client() as client:
        assert client.zscore(f"{PREFIX}absent", welcome.session) is None


def test_nothing_has_to_stick_since_any_node_resumes_any_session(calm: Deployment) -> None:
    route = [calm.addresses[number] for number in (1, 2, 0, 2, 1)]
    with ExitStack() as stack:
        witness = stack.enter_context(NativeClient(calm.addresses[1], "host"))
        witness.enter()
        guest = stack.enter_context(NativeClient(calm.addresses[0], "guest"))
        welcome = guest.enter()
        for number, address in enumerate(route, 1):
            guest.crash()
            guest = stack.enter_context(NativeClient(address, "guest"))
            guest.resume(welcome, dict(welcome.logs), n=number - 1)
            assert guest.expect(Welcome).resumed
            _say(guest, f"stop {number}")
            _say(witness, f"letter {number}", "@guest")
            guest.expect_text(f"letter {number}")
            witness.expect_text(f"stop {number}")

        said = [f.text for f in witness.frames if isinstance(f, Message) and f.session == welcome.session]
        assert said == [f"stop {number}" for number in range(1, len(route) + 1)]


def test_what_goes_to_a_dead_connection_that_looks_alive_is_not_swallowed(calm: Deployment) -> None:
    one, two, three = calm.addresses
    with (
        NativeClient(one, "reader") as dead,
        NativeClient(one, "neighbour") as neighbour,
        NativeClient(two, "writer") as writer,
        NativeClient(three, "reader") as back,
    ):
        welcome = dead.enter()
        neighbour.enter()
        writer.enter()
        # From here on nobody reads what the node sends to `dead`.
        _say(writer, "a letter", "@reader")
        _say(writer, "to the room")
        neighbour.expect_text("to the room")
        assert calm.presence()["reader"] == "n1 here"
        back.resume(welcome, dict(welcome.logs))
        back.expect_text("to the room")
        letter = back.expect_text("a letter")
        assert not [frame for frame in writer.frames if isinstance(frame, Receipt)]
        back.send(Ack(cursors={"@": (letter.epoch, letter.offset)}))

        receipt = writer.expect(Receipt)
        assert (receipt.n, receipt.state) == (1, "received")


def test_coming_back_to_a_quiet_room_costs_nothing_of_a_busy_one(calm: Deployment) -> None:
    home, other = calm.nodes[0], calm.nodes[1]
    with (
        NativeClient(home.address, "absent") as absent,
        NativeClient(home.address, "busy") as busy,
        NativeClient(other.address, "absent") as back,
    ):
        welcome = absent.enter()
        absent.crash()
        busy.enter()
        busy.send(Join(room="#busy", id=1))
        busy.expect(Joined, lambda frame: frame.id == 1)
        for start in range(0, BUSY, WINDOW):
            for number in range(start, start + WINDOW):
                busy.say(f"{number} ".ljust(SIZE, "x"), "#busy")
            for _ in range(WINDOW):
                busy.expect(Accepted)
        _say(busy, "one line in the lobby")
        pages, sent = other.metric("hydrachat_catch_ups_total"), calm.sent_by_redis()
        back.resume(welcome, dict(welcome.logs))
        back.expect_text("one line in the lobby")

        assert other.metric("hydrachat_catch_ups_total") - pages <= 2 * len(welcome.logs)
        # Heartbeats go on meanwhile; what was said in the other room is two megabytes.
        assert calm.sent_by_redis() - sent < BUSY * SIZE / 2
        assert {frame.log for frame in back.frames if isinstance(frame, Message)} == {"#lobby"}


def _say(client: NativeClient, text: str, to: str = "#lobby") -> None:
    """Returns when it is accepted."""
    n = client.say(text, to)
    client.expect(Accepted, lambda frame: frame.n == n)
