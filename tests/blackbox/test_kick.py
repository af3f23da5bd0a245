"""`hydrachat kick` on real nodes: who is kicked goes at once and stays away, and everybody else reads of it once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import Person, run
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.codes import Code

Deploy = Callable[..., Deployment]
PATIENCE = 60.0


def test_a_kick_at_another_node_is_final_and_told_once(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    one, two = (node.address for node in cluster.nodes)
    with ExitStack() as stack:
        ann = Person(stack, "ann", [one])
        bob = Person(stack, "bob", [two])
        person = stack.enter_context(PlainClient(two, "carol"))
        code, said = run(cluster, "kick", "@BOB", "--reason", "too loud")
        assert (code, said) == (0, "bob was kicked (at n2, in #lobby)\n")
        error = bob.wait_stopped()
        assert (error.code, error.text) == (Code.KICKED, "an operator has removed you: too loud")
        wait_until(lambda: ann.left("bob"), what="ann reads of it")
        person.expect("* bob left (kicked: too loud)")
        assert run(cluster, "kick", "carol")[0] == 0
        person.expect("! an operator has removed you")
        person.expect_end()
        wait_until(lambda: ann.left("carol"), what="ann reads of it")
        code, said = run(cluster, "kick", "an")
        assert (code, said) == (1, "Error: nobody is called an; near it: ann\n")
        assert run(cluster, "kick", "a b")[0] == 2
        assert ann.left("bob") == [("kicked", "too loud")]
        assert cluster.presence() == {"ann": "n1 here"}
        # A kick bars nobody: the person may start again.
        assert Person(stack, "bob", [two]).chat.nick == "bob"


def test_a_kick_as_its_node_is_killed_is_told_once_and_the_client_does_not_come_back(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, grace=2.0)
    cluster.wait_for_reaping()
    victim, *others = cluster.nodes
    rest = [node.address for node in others]
    with ExitStack() as stack:
        ann = Person(stack, "ann", rest)
        people = [Person(stack, f"bob{number}", [victim.address, *rest]) for number in range(6)]
        barrier = threading.Barrier(2)

        def kill() -> None:
            barrier.wait(PATIENCE)
            victim.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        barrier.wait(PATIENCE)
        done = [run(cluster, "kick", f"bob{number}", "--reason", "x")[0] for number in range(4)]
        killer.join(PATIENCE)
        assert done == [0, 0, 0, 0]
        for person in people[:4]:
            assert person.wait_stopped().code == Code.KICKED
        for person in people[4:]:
            person.chat.say("still here", timeout=20).wait_accepted(20)
        wait_until(lambda: all(ann.left(f"bob{number}") for number in range(4)), what="ann reads of all")
        # What the dead node held is reaped meanwhile: a second `left` would come now.
        cluster.wait_reaped(victim)
        ann.chat.say("after all", timeout=20).wait_accepted(20)
        assert [ann.left(f"bob{number}") for number in range(6)] == [[("kicked", "x")]] * 4 + [[]] * 2
        assert set(cluster.presence()) == {"ann", "bob4", "bob5"}


def test_who_is_kicked_while_no_node_is_up_learns_of_it_when_one_is_back(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, grace=20.0)
    (node,) = cluster.nodes
    with ExitStack() as stack:
        bob = Person(stack, "bob", [node.address])
        node.kill()
        code, said = run(cluster, "kick", "bob")
        assert code == 0, said
        node.start()
        node.wait_event("ready", since=1)
        assert bob.wait_stopped().code == Code.KICKED


def test_a_paused_node_can_not_speak_for_who_was_kicked(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=30.0)
    sleeper, other = cluster.nodes
    with NativeClient(sleeper.address, "bob") as bob, NativeClient(other.address, "ann") as ann:
        welcome = bob.enter()
        ann.enter()
        sleeper.freeze()
        try:
            bob.say("from the grave")
            assert run(cluster, "kick", "bob")[0] == 0
            ann.say("he is gone")
            ann.expect_text("he is gone")
        finally:
            sleeper.thaw()
        assert bob.expect_error(Code.KICKED).code == Code.KICKED
        bob.expect_end()
        assert welcome.session not in [session for session, _ in cluster.said_in("#lobby")]
