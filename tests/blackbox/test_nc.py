"""By hand, as in the seed's diagram: `nc` and lines of text."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drill.processes.ports import HOST
from drill.workload.texts import PHRASES
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.programs import required
from tests.support.waiting import wait_until
from wire.frames import Message, Quit, Receipt


@pytest.fixture(scope="session")
def nc() -> str:
    return required("nc")


def test_the_diagram_of_the_seed(calm: Deployment) -> None:
    with PlainClient(calm.addresses[1], "Other") as other, PlainClient(calm.addresses[0]) as client:
        client.type("Client")
        client.expect("* welcome, Client")
        other.expect("* Client joined")

        client.type("hello all")
        assert other.expect("hello all") == client.expect("hello all") == "Client: hello all"

        client.type("@Other psst 🤐")
        assert other.expect("psst") == "@Client -> you: psst 🤐"
        assert client.expect("psst") == "you -> @Other: psst 🤐"

        client.type("\\q")
        client.expect("* bye")
        client.expect_end()
        assert other.expect("Client left") == "* Client left"
        other.type("\\q")
        other.expect_end()


def test_real_nc_talks(calm: Deployment, nc: str) -> None:
    with _netcat(nc, calm.nodes[0].port) as process, PlainClient(calm.addresses[1], "mate") as mate:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("netcat\nhello from a pipe\n")
        process.stdin.flush()
        mate.expect("netcat: hello from a pipe")
        mate.type("hello pipe")
        heard: list[str] = []
        while not heard or "hello pipe" not in heard[-1]:
            heard.append(process.stdout.readline())
            assert heard[-1], heard
        process.stdin.write("\\q\n")
        process.stdin.close()  # nc waits for it even when the node has hung up.

        assert "bye" in process.stdout.read()
        mate.expect("* netcat left")
        mate.type("\\q")
        mate.expect_end()


def test_half_close_is_honoured(calm: Deployment, nc: str) -> None:
    typed = "piper\n" + "".join(f"line {n} of a pipe\n" for n in range(100)) + "@piper to myself\nthe last has no end"
    with NativeClient(calm.addresses[1], "hearer") as hearer:
        hearer.enter()
        done = subprocess.run(
            [nc, "-N", HOST, str(calm.nodes[0].port)], input=typed, capture_output=True, text=True, timeout=30
        )
        lines = done.stdout.splitlines()
        for n in range(100):
            hearer.expect_text(f"line {n} of a pipe")
        hearer.expect_text("the last has no end")

        assert [line for line in lines if line.startswith("piper: ")] == [
            *(f"piper: line {n} of a pipe" for n in range(100)),
            "piper: the last has no end",
        ]
        assert lines[-1].startswith("* bye")
        assert "you -> @piper: to myself" in lines
        wait_until(lambda: "piper" not in calm.presence(), what="piper is gone")
        hearer.send(Quit())
        hearer.expect_end()


def test_crlf_is_a_line_end_too(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0]) as client, NativeClient(calm.addresses[1], "exact") as exact:
        exact.enter()
        client.wire.send("windows\r\nhéllo\r\n\r\n@exact psst\r\n".encode())

        assert exact.expect(Message, lambda frame: frame.nick == "windows").text == "héllo"
        assert exact.expect(Message, lambda frame: frame.log == "@").text == "psst"
        client.type("\\q\r")
        client.expect_end()


def test_a_bad_or_taken_nickname_is_asked_for_again(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0], "taken"), PlainClient(calm.addresses[1]) as client:
        client.type("two words")
        client.expect("! ")
        client.expect("What is your nickname?")
        client.type("TAKEN")
        assert "is free" in client.expect("! ")
        client.expect("What is your nickname?")
        client.type("mine")
        client.expect("* welcome, mine")


def test_rooms_by_hand(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0], "ann") as ann, PlainClient(calm.addresses[1], "bob") as bob:
        ann.type("/join #ops")
        ann.expect("* you are in #ops, 1 here: ann")
        bob.type("/join ops")
        bob.expect("* you are in #ops, 2 here")
        ann.expect("bob joined #ops")
        bob.type("in the room")
        assert ann.expect("in the room") == "#ops bob: in the room"
        ann.type("#lobby for all")
        assert bob.expect("for all") == "ann: for all"
        ann.type("/who #ops")
        assert ann.expect("* in #ops: ") == "* in #ops: ann, bob"
        ann.type("/rooms")
        assert "#ops (2)" in ann.expect("* rooms: ")
        bob.type("/leave")
        ann.expect("bob left #ops")
        bob.type("back in the lobby")
        assert ann.expect("back in the lobby") == "bob: back in the lobby"
        ann.type("/help")
        ann.expect("/join #room")


def test_a_plain_recipient_counts_as_sent_and_all_scripts_arrive(calm: Deployment) -> None:
    with PlainClient(calm.addresses[0], "plain") as plain, NativeClient(calm.addresses[1], "writer") as writer:
        writer.enter()
        for phrase in PHRASES:
            writer.say(phrase.replace("\n", " "), "@plain")
            # A terminal is shown a space for a tab; nothing else of these texts is touched.
            assert phrase.split("\n")[0].strip()[:20] in plain.expect("@writer -> you: ")
        assert {writer.expect(Receipt).state for _ in PHRASES} == {"sent"}


def test_end_of_file_and_reset_end_a_plain_session_at_once(calm: Deployment) -> None:
    with PlainClient(calm.addresses[1], "stays") as stays:
        with PlainClient(calm.addresses[0], "closes") as closes:
            stays.expect("closes joined")
            closes.wire.half_close()
            closes.expect("* bye")
            closes.expect_end()
        stays.expect("closes left", within=1.9)
        with PlainClient(calm.addresses[0], "resets") as resets:
            stays.expect("resets joined")
            resets.wire.reset()
            stays.expect("resets left", within=1.9)


@contextmanager
def _netcat(program: str, port: int) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([program, HOST, str(port)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()
