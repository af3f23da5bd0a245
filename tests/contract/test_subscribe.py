"""R6: the subscription comes back by itself and says so; a node that hears nothing knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cluster import subscriber
from cluster.seam import Health
from cluster.types import Entry, Position
from tests.contract.space import LOBBY, Node, Space
from tests.support.proxy import Proxy
from tests.support.waiting import wait_until

LEASE = 0.8
Proxied = Callable[[Space], Proxy]


def confirmations(node: Node, room: str | None) -> int:
    with node.events.changed:
        return node.events.subscribed.count(room)


def heartbeats(node: Node) -> list[object]:
    """One item for each that has come through, from now on."""
    seen, tell = list[object](), node.events.on_tops

    def on_tops(tops: Mapping[str, Position]) -> None:
        seen.append(tops)
        tell(tops)

    node.events.on_tops = on_tops  # type: ignore[method-assign]
    return seen


def test_wanted_rooms_are_heard_and_others_are_not(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    alice = one.claim("Alice")
    alice.join("#ops")
    alice.said("nobody hears this", "#ops")
    two.hear("#ops")
    alice.said("now", "#ops")
    two.wait_texts(["now"], "#ops")
    two.cluster.unwant("#ops")
    wait_until(lambda: dict(space.admin.pubsub_numsub(space.key("room:#ops:log"))) == {space.key("room:#ops:log"): 0})
    alice.said("not any more", "#ops")
    alice.said("marker")
    two.wait_texts(["marker"])
    assert two.texts("#ops") == ["now"]
    assert [each for each in two.events.subscribed if each] == [LOBBY, "#ops"]


def test_many_rooms_wanted_at_once(space: Space) -> None:
    node = space.serve("n1")
    rooms = [f"#room{i}" for i in range(1200)]
    for room in rooms:
        node.cluster.want(room)
    node.events.wait(lambda: set(rooms) <= set(node.events.subscribed), "all confirmed")


def test_every_confirmation_is_told(real_space: Space) -> None:
    """Real only: fakeredis has no CLIENT KILL."""
    node = real_space.serve("n1")
    node.hear("#ops")
    for times in (2, 3):
        real_space.admin.client_kill_filter(_type="pubsub")
        for room in (None, LOBBY, "#ops"):
            node.events.wait(lambda r=room, t=times: confirmations(node, r) >= t, f"{room} again")  # type: ignore[misc]
    alice = node.claim("Alice")
    alice.said("heard")
    node.wait_texts(["heard"])
    assert Health.DEAF not in node.events.healths


def test_a_held_subscription_makes_deaf_within_the_lease_and_ends(space: Space, proxied: Proxied) -> None:
    proxy = proxied(space)
    node = space.serve("n1", LEASE, url=proxy.url)
    alice = node.claim("Alice")
    confirmed = confirmations(node, None)
    node.events.logs = [LOBBY]
    beats = heartbeats(node)
    proxy.hold("subscriber", requests=False)
    so_far = len(beats)
    node.wait_health(Health.DEAF)
    # On a busy machine heartbeats are late too, so fewer fit into the time.
    assert len(beats) - so_far <= LEASE / node.settings.beat
    assert alice.said("deaf, not mute").n == 1
    proxy.release()
    node.wait_health(Health.SERVING)
    node.events.wait(lambda: confirmations(node, None) > confirmed, "subscribed again")
    alice.said("heard")
    node.wait_texts(["heard"])
    assert node.events.leases_lost == 0


def test_a_subscription_that_went_silent_is_made_anew_before_anybody_is_deaf(space: Space, proxied: Proxied) -> None:
    """One connection is stuck, the next one works: no reset may destroy what the one before it made."""
    proxy = proxied(space)
    node = space.serve("n1", LEASE * 1.5, url=proxy.url)
    confirmed = confirmations(node, None)
    proxy.hold("subscriber")
    node.events.logs = [LOBBY]
    node.events.wait(lambda: LOBBY in node.events.tops, "a heartbeat, whose probe is not heard")
    proxy.cut("subscriber")
    proxy.release()
    node.events.wait(lambda: confirmations(node, None) > confirmed, "subscribed again")
    for _ in range(3):
        node.events.tops.clear()
        node.events.wait(lambda: LOBBY in node.events.tops, "a heartbeat")
    assert Health.DEAF not in node.events.healths
    assert confirmations(node, None) <= confirmed + 2


def test_missed_notices_are_made_up_for(space: Space, proxied: Proxied) -> None:
    """Taken and ended while the subscription was away: pub/sub keeps nothing, so the claims are compared."""
    proxy = proxied(space)
    one, two = space.serve("n1", url=proxy.url), space.serve("n2")
    alice, bob, carol = one.claim("Alice"), one.claim("Bob"), one.claim("Carol")
    proxy.hold("subscriber")
    later, gone = alice.resume_at(two), bob.resume_at(two)
    gone.end()
    wait_until(lambda: not space.row(bob), what="ended")
    proxy.cut("subscriber")
    proxy.release()
    one.events.wait(lambda: len(set(one.events.taken)) >= 2, "told after all")
    assert set(one.events.taken) == {(alice.session, later.claim), (bob.session, "")}
    assert carol.said("still mine").n == 1


def test_strangers_noise_on_the_channels_does_no_harm(space: Space) -> None:
    node = space.serve("n1")
    channel = space.key(f"node:n1/{node.cluster.boot}")
    for noise in [
        b"",
        b"!",
        b"!\xff\xfe",
        b"!taken",
        b"!taken x",
        b"!taken x y z",
        b"!probe",
        b"\xff",
        b"a b c\n",
        b"#lobby",
    ]:
        space.admin.publish(channel, noise)
        space.admin.publish(space.key(f"room:{LOBBY}:log"), noise)
    node.claim("Alice").said("still hearing")
    node.wait_texts(["still hearing"])
    assert node.events.taken == []


def test_an_error_of_the_node_is_not_taken_for_noise(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Entry) -> None:
        raise ValueError("the node's own fault")

    node = space.serve("n1")
    node.expects_fatal = True
    monkeypatch.setattr(node.events, "on_entry", fail)
    node.claim("Alice")
    node.events.wait(lambda: node.events.fatal, "told")
    assert [str(error) for error in node.events.fatal] == ["the node's own fault"]


def test_each_entry_is_soon_followed_by_the_end_of_a_burst(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what a node has put off until then would never go out; also where more comes than is told in one."""
    monkeypatch.setattr(subscriber, "BURST", 3)
    node = space.serve("n1")
    alice = node.claim("Alice")
    for said in [alice.submit(f"m{i}") for i in range(50)]:
        said.result(15)
    node.wait_texts([f"m{i}" for i in range(50)])
    node.events.wait(lambda: node.events.told_at_burst == len(node.events.entries), "the end of the burst")


def test_tops_of_local_logs_come_with_heartbeats(space: Space) -> None:
    one, two = space.serve("n1", LEASE), space.serve("n2", LEASE)
    alice = one.claim("Alice")
    two.events.logs = [LOBBY, alice.inbox, *(f"#r{i}" for i in range(600))]
    position = alice.said("hi").position
    two.events.wait(lambda: two.events.tops.get(LOBBY) == position, "the top")
    assert two.events.tops[alice.inbox].offset == 0
    two.events.wait(lambda: "#r599" in two.events.tops, "all of them")
