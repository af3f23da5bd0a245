"""The bots in examples/, as a bot author starts them, on a cluster whose nodes die under them."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from client import ChatClient, Event, LeftEvent, MessageEvent
from tests.support.deployment import Deployment
from tests.support.processes import Process
from tests.support.servers import Node
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Person:
    """Somebody in the rooms, who remembers all."""

    def __init__(self, cluster: Deployment, rooms: list[str]) -> None:
        self.events: list[Event] = []
        self.chat = ChatClient(cluster.addresses, "person", rooms=rooms, on_event=self.events.append)

    def texts(self, nick: str) -> list[str]:
        return [one.text for one in list(self.events) if isinstance(one, MessageEvent) and one.nick == nick]

    def expect(self, nick: str, text: str) -> None:
        wait_until(lambda: text in self.texts(nick), 30, f"{nick} says {text!r}; there is {self.texts(nick)}")

    def say(self, text: str, to: str = "#lobby") -> None:
        self.chat.say(text, to).wait_accepted(30)

    def left(self, nick: str) -> list[str]:
        """The reasons with which it left the lobby."""
        left = [one for one in list(self.events) if isinstance(one, LeftEvent)]
        return [one.reason for one in left if (one.nick, one.room) == (nick, "#lobby")]


@contextmanager
def person(cluster: Deployment, *rooms: str) -> Iterator[Person]:
    one = Person(cluster, list(rooms))
    with one.chat:
        yield one


@contextmanager
def bot(cluster: Deployment, example: str, *arguments: str) -> Iterator[Process]:
    """It runs, and is in the chat; on failure what it wrote is shown."""
    servers = [word for address in cluster.addresses for word in ("--server", address)]
    words = [sys.executable, str(EXAMPLES / f"{example}.py"), *servers, "--nick", example, *arguments]
    process = Process(example, words, cluster.folder)
    process.start()
    try:
        wait_until(lambda: home(cluster, example) is not None or not process.alive, 30, f"{example} comes in")
        assert process.alive, process.tail()
        yield process
    finally:
        process.discard()
        print(process.tail())


def home(cluster: Deployment, nick: str) -> Node | None:
    """The node that it is on; None: it is not in the chat."""
    where = cluster.presence().get(nick, "")
    return next((node for node in cluster.nodes if where == f"{node.name} here"), None)


def kill_home(cluster: Deployment, nick: str) -> None:
    """kill -9 of the node that it is on; returns when it is on another one."""
    former = home(cluster, nick)
    assert former is not None
    former.kill()
    wait_until(lambda: home(cluster, nick) not in (None, former), 30, f"{nick} is on another node than {former.name}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_echo_bot_answers_and_goes_on_when_its_node_dies(deploy: Deploy, number: signal.Signals) -> None:
    cluster = deploy(nodes=2)
    with ExitStack() as stack:
        ann = stack.enter_context(person(cluster))
        ann.say("echo_bot: too early")
        process = stack.enter_context(bot(cluster, "echo_bot"))
        ann.say("not meant for it")
        ann.say("Echo_Bot: one")
        ann.expect("echo_bot", "you said: one")
        kill_home(cluster, "echo_bot")
        ann.say("echo_bot: two")
        ann.expect("echo_bot", "you said: two")
        ann.say("psst", "@echo_bot")
        ann.expect("echo_bot", "you said: psst")
        process.signal(number)
        assert process.wait() == 0
        wait_until(lambda: ann.left("echo_bot"), what="it leaves")

        assert ann.texts("echo_bot") == ["you said: one", "you said: two", "you said: psst"]
        assert ann.left("echo_bot") == ["quit"]
        assert "Traceback" not in process.tail()


def test_the_bridge_says_each_line_once_whatever_happens_to_node_and_file(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(nodes=2)
    log, lines = tmp_path / "app.log", iter(range(1000))
    log.write_text("before its time\n")
    arguments = ("--room", "#ops", "--every", "0.05", "--state", str(tmp_path / "state.json"), str(log))

    def write(count: int = 3) -> None:
        with log.open("a") as file:
            for _ in range(count):
                file.write(f"line {next(lines)} \x1b[31mred\n")
                file.flush()

    def said(ann: Person) -> list[str]:
        return [line for text in ann.texts("log_bridge") for line in text.split("\n")]

    def wait_said(ann: Person, count: int) -> None:
        wait_until(lambda: len(said(ann)) >= count, 30, f"{count} lines are said; there are {said(ann)}")

    with person(cluster, "#ops") as ann:
        with bot(cluster, "log_bridge", *arguments) as process:
            write()
            wait_said(ann, 3)
            home_before = home(cluster, "log_bridge")
            assert home_before is not None
            home_before.kill()
            write()
            wait_said(ann, 6)
            write()
            log.rename(tmp_path / "app.log.1")
            with (tmp_path / "app.log.1").open("a") as late:
                late.write(f"line {next(lines)} \x1b[31mred\n")
            write()
            wait_said(ann, 13)
            log.write_text("")
            write(1)
            wait_said(ann, 14)
            write(20)
            assert process.terminate() == 0
        write()  # while it does not run
        with bot(cluster, "log_bridge", *arguments) as process:
            wait_said(ann, 37)
            write(1)
            wait_said(ann, 38)
            process.signal(signal.SIGINT)
            assert process.wait() == 0

        assert said(ann) == [f"line {number} \N{REPLACEMENT CHARACTER}[31mred" for number in range(38)]
        assert len(ann.texts("log_bridge")) < 38, "lines that came together are said together"


def test_a_bridge_that_was_killed_repeats_one_message_at_most(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(nodes=2, grace=1.0)
    log = tmp_path / "app.log"
    log.write_text("")
    arguments = ("--every", "0.01", "--state", str(tmp_path / "state.json"), str(log))

    with person(cluster) as ann:

        def said(line: str) -> bool:
            return any(line in text.split("\n") for text in ann.texts("log_bridge"))

        for life in range(2):
            with bot(cluster, "log_bridge", *arguments) as process, log.open("a") as file:
                wait_until((tmp_path / "state.json").exists, what="it knows where it began")
                for number in range(30):
                    file.write(f"{life} {number}\n")
                    file.flush()
                    if number == 15:
                        wait_until(partial(said, f"{life} 0"), 30, "it talks")
                process.kill()
            wait_until(lambda: "log_bridge" not in cluster.presence(), 30, "its nickname is free")
        with bot(cluster, "log_bridge", *arguments):
            wait_until(lambda: said("1 29"), 30, "it has caught up")

    messages = [text.split("\n") for text in ann.texts("log_bridge")]
    lines = [line for message in messages for line in message]
    assert list(dict.fromkeys(lines)) == [f"{life} {number}" for life in range(2) for number in range(30)]
    assert len(lines) - len(set(lines)) <= 2 * max(map(len, messages)), "two kills, one message each"


def test_the_transcript_has_everything_once_and_marks_what_may_be_missing(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(nodes=2)
    path = tmp_path / "ops.jsonl"
    arguments = ("--room", "#ops", str(path))

    def entries(kind: str) -> list[dict[str, Any]]:
        # Whole lines; json.loads says it if one is not what it should be.
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]

    def wait_texts(*texts: str) -> None:
        def written() -> bool:
            return [entry["text"] for entry in entries("message") if entry["room"] == "#ops"] == list(texts)

        wait_until(written, 30, f"it has {texts}")

    with person(cluster, "#ops") as ann:
        with bot(cluster, "transcript", *arguments) as process:
            wait_until(lambda: entries("joined"), what="it is in a room")
            ann.say("one", "#ops")
            ann.say("secret", "@transcript")
            kill_home(cluster, "transcript")
            ann.say("two\nin two lines", "#ops")
            wait_texts("one", "two\nin two lines")
            process.kill()
        assert not entries("gap")
        with path.open("a") as file:
            file.write('{"kind": "message", "te')  # as a crash of the machine leaves it
        ann.say("three", "#ops")
        wait_until(lambda: "transcript" not in cluster.presence(), 30, "its nickname is free")
        with bot(cluster, "transcript", *arguments) as process:
            wait_texts("one", "two\nin two lines", "three")
            assert entries("message")[-1]["history"]
            for node in cluster.nodes:
                node.kill()
            with cluster.client() as client:
                client.execute_command("FLUSHALL")
            cluster.start_nodes()
            wait_until(
                lambda: [entry for entry in entries("gap") if entry.get("room") == "#ops"], 30, "the gap is marked"
            )
            assert "the session was lost; this is another one" in {entry["text"] for entry in entries("gap")}
            ann.say("four", "#ops")
            wait_texts("one", "two\nin two lines", "three", "four")
            assert process.terminate() == 0
        assert "secret" not in path.read_text()
        assert {entry["nick"] for entry in entries("message")} == {"person"}


@pytest.mark.parametrize("example", ["echo_bot", "log_bridge", "transcript"])
def test_an_example_that_can_not_come_in_says_why(example: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = [] if example == "echo_bot" else [str(tmp_path / "file")]
    argv = [sys.executable, str(EXAMPLES / f"{example}.py"), "--nick", "a b", *words]
    process = Process(example, argv, tmp_path)
    process.start()
    assert process.wait(30) == 1
    assert (
        process.tail()
        == f"{example}: a nickname has no white space in it (allowed is neither white space nor any of {{}}:,*?)"
    )
