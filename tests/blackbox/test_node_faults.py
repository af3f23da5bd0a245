"""A node is killed, stands still, restarts, drains: what was accepted reaches everybody, once, in order."""

from __future__ import annotations

import signal
from collections.abc import Callable

from drill.history import Kind
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.talker import Crowd
from tests.support.tcp import PATIENCE
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Accepted, Error, Left, Message, Welcome

Deploy = Callable[..., Deployment]
LASTING = 6.0
"""Seconds of a lease that a busy machine can keep: at one of a second clients take a node for dead that was not heard
for two, and moves are no longer the test's."""


def test_kill_9_of_a_node_under_the_talk_of_20(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, lease=LASTING, grace=20.0)
    with Crowd(cluster, 20) as crowd:
        crowd.wait_talk(3)
        homeless = crowd.at("n1")
        # A burst, so that much is on its way, accepted but not answered, when the node dies.
        for talker in homeless * 10:
            talker.say()
        cluster.nodes[0].kill()
        wait_until(lambda: all(talker.chat.node != "n1" for talker in homeless), what="all have moved")
        crowd.wait_talk(5)
        crowd.finish()

        assert len(homeless) >= 6
        assert crowd.history.count(Kind.MOVED) == len(homeless)
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_a_node_that_wakes_up_after_its_lease_speaks_for_nobody(deploy: Deploy) -> None:
    # Nothing waits for the end of the grace, in which dan has to come back, nor may the other node lose its lease.
    cluster = deploy(nodes=2, lease=3.0, grace=12.0)
    sleeper, other = cluster.nodes
    cluster.wait_for_reaping()
    with (
        NativeClient(sleeper.address, "ana") as before,
        NativeClient(sleeper.address, "dan") as stayed,
        NativeClient(other.address, "ana") as after,
        NativeClient(other.address, "ben") as ben,
    ):
        welcome = before.enter()
        stay = stayed.enter()
        ben.enter()
        sleeper.freeze()
        before.say("said to a node that sleeps")
        stayed.say("by one who noticed nothing")
        cluster.wait_lease_over(sleeper)
        after.resume(welcome, dict(welcome.logs))
        assert after.expect(Welcome).session == welcome.session
        sleeper.thaw()
        sleeper.wait_event("lease_lost")
        gone = [client.expect_one_of(Error, Accepted) for client in (before, stayed)]
        before.expect_end()
        stayed.expect_end()
        with NativeClient(other.address, "dan") as again:
            again.resume(stay, dict(stay.logs))
            assert again.expect(Welcome).n == 0
            again.say("heard after all")
            ben.expect_text("heard after all")
        after.say("from the true ana")
        ben.expect_text("from the true ana")

        assert {type(frame) for frame in gone} == {Error}
        said = [frame.text for frame in ben.frames if isinstance(frame, Message)]
        assert said == ["heard after all", "from the true ana"]
        assert not [frame for frame in ben.frames if isinstance(frame, Left)]
    sleeper.wait_ready()


def test_a_node_that_wakes_up_within_its_lease_does_not_speak_for_who_has_moved(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=6.0)
    sleeper, other = cluster.nodes
    with (
        NativeClient(sleeper.address, "ana") as before,
        NativeClient(other.address, "ana") as after,
        NativeClient(other.address, "ben") as ben,
    ):
        welcome = before.enter()
        ben.enter()
        sleeper.freeze()
        before.say("said to a node that sleeps")
        after.resume(welcome, dict(welcome.logs))
        after.expect(Welcome)
        sleeper.thaw()
        before.expect_error(Code.TAKEN_OVER)
        before.expect_end()
        after.say("from the true ana")
        ben.expect_text("from the true ana")

        assert [f.text for f in ben.frames if isinstance(f, Message)] == ["from the true ana"]
        assert not sleeper.events("lease_lost")


def test_users_of_a_node_that_stands_still_move(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=4.0)
    with Crowd(cluster, 6) as crowd:
        cluster.wait_for_reaping()
        crowd.wait_talk(2)
        homeless = crowd.at("n1")
        cluster.nodes[0].freeze()
        wait_until(lambda: all(talker.chat.node == "n2" for talker in homeless), what="all have moved")
        crowd.wait_talk(2)
        cluster.nodes[0].thaw()
        cluster.nodes[0].wait_event("lease_lost")
        cluster.nodes[0].wait_ready()
        crowd.wait_talk(2)
        crowd.finish()

        assert len(homeless) == 3
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_a_node_that_restarts_within_its_lease_is_another_boot(deploy: Deploy) -> None:
    # So long that who is told to have left can't have been waited for until it was over.
    cluster = deploy(nodes=2, lease=2 * PATIENCE, grace=2.0)
    cluster.end_hold()
    first, second = cluster.nodes
    with (
        NativeClient(second.address, "ben") as ben,
        NativeClient(first.address, "gone") as gone,
        NativeClient(first.address, "ana") as ana,
    ):
        ben.enter()
        gone.enter()
        welcome = ana.enter()
        first.kill()  # with her connection, whose end would begin her grace before the node is back
        ben.say("while n1 is down")
        ben.expect_text("while n1 is down")
        first.start()
        first.wait_event("ready", since=1)
        with NativeClient(first.address, "ana") as back:
            back.resume(welcome, dict(welcome.logs))
            assert back.expect(Welcome).resumed
            back.expect_text("while n1 is down")
            left = ben.expect(Left)

            assert (left.nick, left.reason) == ("gone", "expired")
            assert cluster.presence() == {"ben": "n2 here", "ana": "n1 here"}
            assert [frame.nick for frame in ben.frames if isinstance(frame, Left)] == ["gone"]


def test_sigterm_drains_a_node_under_traffic(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, lease=LASTING, grace=20.0)
    cluster.wait_known()
    with Crowd(cluster, 12) as crowd, PlainClient(cluster.addresses[0], "netcat") as person:
        crowd.wait_talk(2)
        homeless = crowd.at("n1")
        assert cluster.nodes[0].terminate() == 0
        person.expect_end()
        wait_until(lambda: all(talker.chat.node != "n1" for talker in homeless), what="all have moved")
        crowd.wait_talk(3)
        crowd.finish(others=("netcat",))

        names = [event["event"] for event in cluster.nodes[0].events()]
        assert names.index("draining") < names.index("stopped")
        assert any("connect again" in line for line in person.lines)
        assert crowd.planned_moves().total() == len(homeless) >= 4
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_a_second_process_of_one_id_replaces_the_first(deploy: Deploy) -> None:
    cluster = deploy(nodes=1)
    twin = cluster.make_node("n1")
    twin.output = cluster.folder / "twin.log"
    cluster.others.append(twin)
    twin.start()
    twin.wait_event("ready")

    assert cluster.nodes[0].wait() == 1
    assert cluster.nodes[0].events("superseded")
    with NativeClient(twin.address, "ana") as ana:
        ana.enter()
        ana.say("still here")
        ana.expect(Accepted)
    assert twin.terminate() == 0


def test_sigterm_of_the_only_node_is_quick_and_keeps_its_sessions(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, grace=10.0)
    node = cluster.nodes[0]
    with NativeClient(node.address, "ana") as ana:
        welcome = ana.enter()
        node.signal(signal.SIGTERM)
        # Who has waited for clients to go says nothing of that.
        assert "no other one serves" in ana.expect_error(Code.DRAINING).text
        ana.expect_end()
        assert node.wait() == 0
        node.start()
        node.wait_event("ready", since=1)
        with NativeClient(node.address, "ana") as back:
            back.resume(welcome, dict(welcome.logs))
            assert back.expect(Welcome).session == welcome.session
