"""`hydrachat announce` on real nodes: everybody hears it once, through moves and deaths."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from client.events import GapEvent, TopicEvent
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.operator import Person, run
from tests.support.plainclient import PlainClient
from tests.support.processes import environment
from tests.support.waiting import wait_until
from wire.frames import INBOX, Message, Welcome

Deploy = Callable[..., Deployment]


def topics(person: Person) -> list[tuple[str, str]]:
    return [(event.room, event.text) for event in list(person.events) if isinstance(event, TopicEvent)]


def test_everybody_is_told_in_his_own_way(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=60.0)
    one, two = (node.address for node in cluster.nodes)
    with ExitStack() as stack:
        ann, ben = Person(stack, "ann", [one]), Person(stack, "ben", [two])
        person = stack.enter_context(PlainClient(two, "carol"))
        away = NativeClient(one, "away")
        welcome = away.enter()
        away.close()
        wait_until(lambda: cluster.presence().get("away") == "n1 away", what="one is away")
        join = [sys.executable, "-P", "-m", "hydrachat", "join", "dan", "--server", two, "--plain", "--follow"]
        terminal = stack.enter_context(
            subprocess.Popen(join, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        )
        stack.callback(terminal.kill)
        wait_until(lambda: "dan" in cluster.presence(), timeout=20, what="the terminal is there")
        assert run(cluster, "announce", "maintenance\nat noon") == (0, "said to 5 sessions\n")
        wait_until(lambda: ann.announced() == ben.announced() == ["maintenance\nat noon"], what="both are told")
        person.expect("*** operator: maintenance")
        person.expect("  | at noon")
        assert terminal.stdout is not None
        while "operator" not in (line := terminal.stdout.readline()):
            assert line
        assert line[5:] == " *** operator: maintenance\n"
        with NativeClient(two, "away") as back:
            back.resume(welcome, dict(welcome.logs))
            back.expect(Welcome)
            frame = back.expect(Message)
            assert (frame.log, frame.nick, frame.text, frame.is_announcement) == (
                INBOX, "*operator*", "maintenance\nat noon", True,
            )  # fmt: skip
        ann.chat.join("#ops").wait(10)
        code, said = run(cluster, "announce", "--room", "OPS", "only here")
        assert (code, said) == (0, "said in #ops (1 session)\n")
        wait_until(lambda: ann.announced()[1:] == ["only here"], what="who is there reads it")
        assert run(cluster, "announce", "--room", "opps", "x") == (1, "Error: nobody is in #opps; near it: #ops\n")
        code, said = run(cluster, "topic", "ops", "be kind")
        assert code == 0
        assert said.startswith("#ops: be kind (by *operator*, ")
        wait_until(lambda: topics(ann) == [("#ops", "be kind")], what="who is there reads it")
        assert run(cluster, "topic", "ops", "")[1] == "#ops has no topic\n"
        assert run(cluster, "topic", "opps") == (1, "Error: nobody is in #opps; near it: #ops\n")
        assert run(cluster, "announce", "  ")[0] == run(cluster, "announce", "x\a")[0] == 2
        # Nobody can look like it.
        person.type("@*operator* hi")
        person.expect("! ")
        ann.chat.say("after").wait_accepted(10)
        assert ben.announced() == ["maintenance\nat noon"]


def test_announcements_reach_everybody_once_while_nodes_die_and_clients_move(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, grace=15.0)
    addresses = [node.address for node in cluster.nodes]
    with ExitStack() as stack:
        people = [Person(stack, f"p{number}", addresses) for number in range(9)]
        told: list[int] = []

        def speak() -> None:
            for number in range(6):
                code, said = run(cluster, "announce", f"notice {number}")
                assert (code, said) == (0, "said to 9 sessions\n")
                told.append(number)

        speaker = threading.Thread(target=speak)
        speaker.start()
        wait_until(lambda: told, timeout=30, what="it is on")
        cluster.nodes[0].kill()
        wait_until(lambda: len(told) > 2, timeout=30, what="it goes on")
        cluster.nodes[1].kill()
        cluster.nodes[0].start()
        speaker.join(60)
        wanted = [f"notice {number}" for number in range(6)]
        for person in people:
            _wait_all(person)
            person.chat.say("seen", timeout=20).wait_accepted(20)
        for person in people:
            assert person.announced() == wanted
            assert not [event for event in person.events if isinstance(event, GapEvent)]


def _wait_all(person: Person) -> None:
    wait_until(lambda: len(person.announced()) >= 6, timeout=30, what="everybody is told all")


def test_what_is_said_while_no_node_is_up_is_heard_when_one_is_back(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, grace=20.0)
    (node,) = cluster.nodes
    with ExitStack() as stack:
        ann = Person(stack, "ann", [node.address])
        node.kill()
        assert run(cluster, "announce", "we are on it") == (0, "said to 1 session\n")
        node.start()
        wait_until(lambda: ann.announced() == ["we are on it"], timeout=20, what="she hears it")
