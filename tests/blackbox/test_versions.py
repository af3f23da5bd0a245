"""Nodes and clients of earlier versions beside the present ones, as while an operator upgrades node after node."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from client import ChatClient, MessageEvent, Refused, Settings
from drill.processes.former import Former
from drill.processes.node import COMMAND
from tests.support.deployment import Deployment
from tests.support.former import before
from tests.support.operator import Person
from tests.support.processes import environment
from tests.support.servers import Node
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code

Deploy = Callable[..., Deployment]
SECRET = "open sesame"
CAME_WITH = {"accounts": "cluster/scripts/register_nick.lua", "renaming": "cluster/scripts/rename.lua"}


@pytest.fixture(scope="module", params=CAME_WITH)
def former(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Former:
    """The version before that came."""
    return before(CAME_WITH[request.param], tmp_path_factory.mktemp("former"))


@pytest.fixture
def mixed(deploy: Deploy, former: Former) -> Deployment:
    """n1 is of the present version, n2 of the former one."""
    deployment = deploy(start=False, nodes=2, lease=3.0, grace=30.0)
    deployment.nodes[1].run_as(former.command)
    deployment.start()
    return deployment


def start(node: Node) -> None:
    since = len(node.events("ready"))
    node.start()
    node.wait_event("ready", since)
    node.wait_ready()


def upgrade(node: Node) -> None:
    node.terminate()
    node.run_as(COMMAND)
    start(node)


@contextmanager
def veteran(former: Former, servers: list[str]) -> Iterator[Callable[[str], None]]:
    """A line client of the former version; gives what types a line there."""
    argv = [*former.command[:2], sys.executable, "-m", "hydrachat", "join", "veteran", "--follow"]
    argv += [word for server in servers for word in ("--server", server)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=environment()
    ) as process:
        assert process.stdin is not None
        stdin = process.stdin

        def type_line(text: str) -> None:
            stdin.write(text.encode() + b"\n")
            stdin.flush()

        try:
            yield type_line
        finally:
            process.kill()


def texts(person: Person, nick: str) -> list[str]:
    return [one.text for one in list(person.events) if isinstance(one, MessageEvent) and one.nick == nick]


def test_people_at_both_versions_talk_and_move_both_ways(mixed: Deployment, former: Former) -> None:
    present, past = mixed.nodes
    with Crowd(mixed, 6, rate=40.0) as crowd:
        crowd.wait_talk(3)
        past.kill()  # to the present version, without a word
        crowd.wait_talk(3)
        assert len(crowd.at("n1")) == 6
        start(past)
        present.terminate()  # to the former one, in order
        crowd.wait_talk(3)
        assert len(crowd.at("n2")) == 6
        start(present)
        past.kill()
        crowd.wait_talk(3)
        start(past)
        present.kill()
        crowd.wait_talk(3)
        start(present)
        upgrade(past)
        crowd.wait_talk(3)
        crowd.finish()


def test_a_client_of_the_former_version_keeps_its_session_from_node_to_node(deploy: Deploy, former: Former) -> None:
    nodes = (cluster := deploy(nodes=2, lease=3.0, grace=30.0)).nodes
    with ExitStack() as stack:
        witness = Person(stack, "witness", cluster.addresses)
        say = stack.enter_context(veteran(former, cluster.addresses))
        wait_until(lambda: "veteran" in cluster.presence(), 30, "it is in")
        said = []
        for turn in range(4):
            said.append(f"line {turn}")
            say(said[-1])
            wait_until(lambda: texts(witness, "veteran") == said, 30, f"{said} came")
            node = nodes[int(cluster.presence()["veteran"][1]) - 1]
            node.kill()
            other = nodes[nodes.index(node) - 1].name
            wait_until(lambda: cluster.presence()["veteran"] == f"{other} here", 30, f"it is at {other}")  # noqa: B023
            start(node)
        assert witness.left("veteran") == []


def test_a_registered_nickname_beside_the_former_version(mixed: Deployment) -> None:
    new, old = mixed.addresses
    gone = lambda: "mia" not in mixed.presence()  # noqa: E731
    with ChatClient([new], "mia") as mia:
        mia.register(SECRET).wait(10)
    wait_until(gone, what="the owner has left")
    with ExitStack() as stack:
        # The former version knows of no passwords, and says no more than that the session is over, as after a loss.
        anybody = Person(stack, "mia", [old], Settings(renew_within=2.0))
        sender = Person(stack, "sender", [new])
        with ChatClient([new], "mia", password=SECRET):
            anybody.wait_stopped()
            assert mixed.presence()["mia"] == "n1 here"
        wait_until(gone, what="the owner has left")
        sender.chat.say("for you", "@mia").wait_accepted(10)
        with ChatClient([old], "mia", password=SECRET) as visitor:
            sender.chat.say("hello", "#lobby").wait_accepted(10)
            heard = (event for event in visitor if isinstance(event, MessageEvent) and not event.history)
            assert next(heard).text == "hello"  # the mail is for who has the password
        upgrade(mixed.nodes[1])
        with pytest.raises(Refused) as refused, ChatClient([old], "mia"):
            pass
        assert refused.value.code == Code.NOT_ADMITTED
        with ChatClient([old], "mia", password=SECRET) as mia:
            letters = (event for event in mia if isinstance(event, MessageEvent) and event.private)
            assert next(letters).text == "for you"


def test_a_guarded_room_beside_the_former_version(mixed: Deployment) -> None:
    new, old = mixed.addresses
    with ExitStack() as stack:
        owner, guest = Person(stack, "owner", [new]), Person(stack, "guest", [old])
        owner.chat.join("#den").wait(10)
        owner.chat.guard("#den", invite=True, private=True).wait(10)
        owner.chat.mute("#den", "guest").wait(10)
        guest.chat.join("#den").wait(10)  # it knows of no guards
        guest.chat.say("let me", "#den").wait_accepted(10)
        wait_until(lambda: texts(owner, "guest") == ["let me"], what="the owner reads it")
        owner.chat.remove("#den", "guest", "not you").wait(10)
        wait_until(lambda: guest.left("guest"), what="who was removed reads it")
        owner.chat.say("he is gone", "#den").wait_accepted(10)
        owner.chat.say("all of you", "#lobby").wait_accepted(10)
        wait_until(lambda: "all of you" in texts(guest, "owner"), what="he hears the lobby")
        assert texts(guest, "owner") == ["all of you"]
        owner.chat.invite("#den", "guest").wait(10)
        guest.chat.join("#den").wait(10)
        owner.chat.remove("#den", "guest", "again").wait(10)
        upgrade(mixed.nodes[1])
        with pytest.raises(Refused) as refused:
            guest.chat.join("#den").wait(10)
        assert refused.value.code == Code.REMOVED
        guest.chat.say("I am here", "#lobby").wait_accepted(10)
        assert owner.chat.guard("#den").wait(10).invite
