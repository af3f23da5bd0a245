"""Escape sequences and what reorders a line: they reach nobody's terminal as they are, from wherever they come."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.hostile.answers import of
from tests.hostile.honest import HonestPair
from tests.support.deployment import PREFIX, Deployment
from tests.support.native import NativeClient
from tests.support.operator import run
from tests.support.plainclient import PlainClient
from tests.support.programs import required
from tests.support.shown import shown
from tests.support.terminal import Terminal
from wire.frames import Error, GoAway, Hello, Join, Joined, Message, Quit, Rename, SetTopic, Topic, Welcome, Who

Open = Callable[[str, str, str], Terminal]
ESCAPE = "\x1b]0;owned\x07\x1b[31337m\x9b2J\x08\r"
BIDI = "\u202egnp.exe\u202c\u2066\u2069\u2028\u2029"
RAW = re.compile(rb"\x1b\]0;owned|\x1b\[31337|\xc2\x9b|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")
CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Open]:
    """Opens a client in a real terminal."""
    tmux = required("tmux")
    with ExitStack() as stack:

        def opened(nick: str, server: str, flag: str) -> Terminal:
            folder = tmp_path / nick
            folder.mkdir()
            words = ["join", nick, "--server", server, "--room", "#stage", *([flag] if flag else [])]
            argv = [sys.executable, "-P", "-m", "hydrachat", *words]
            return stack.enter_context(Terminal(tmux, argv, size=(120, 40), env={"XDG_CONFIG_HOME": str(folder)}))

        yield opened


def act(joker: NativeClient) -> None:
    """All that a client may choose: most of it is refused, the rest reaches the others."""
    joker.send(Hello(nick="joker", client=f"client{ESCAPE}{BIDI}"))
    joker.expect(Welcome)
    joker.send(Join(room="#stage", id=1))
    joker.expect(Joined, of(id=1))
    for room in (f"#{ESCAPE}", f"#{BIDI}"):
        joker.send(Join(room=room, id=2))
        joker.expect(Error, of(id=2))
    for nick in (f"j{ESCAPE}", f"j{BIDI}"):
        joker.send(Rename(nick=nick, id=3))
        joker.expect(Error, of(id=3))
    for text in (ESCAPE, f"a{ESCAPE}b"):
        joker.say(text, "#stage")
        joker.expect(Error, of(n=joker.n))
        joker.send(SetTopic(room="#stage", text=text, id=4))
        joker.expect(Error, of(id=4))
        joker.send(GoAway(text=text, id=5))
        joker.expect(Error, of(id=5))
    joker.send(SetTopic(room="#stage", text=f"topic {BIDI} end", id=6))
    joker.expect(Topic, of(id=6))
    joker.send(GoAway(text=f"away {BIDI} end", id=7))
    joker.say(f"said {BIDI} end", "#stage")
    joker.expect(Message, of(n=joker.n))


def rogue(town: Deployment, session: str) -> None:
    """What no node would have taken, as if one had: by an operator's words, and by hand in Redis."""
    run(town, "announce", f"announced {BIDI} end")
    with town.client() as redis:
        redis.hset(f"{PREFIX}session:{session}", "gone", f"stored {ESCAPE}{BIDI} end")
        redis.hset(f"{PREFIX}room:#stage:meta", "topic", f"stored {ESCAPE}{BIDI} end")


def test_no_escape_reaches_a_terminal(town: Deployment, undisturbed: HonestPair, at: Open, tmp_path: Path) -> None:
    line, full = at("liner", town.addresses[0], "--plain"), at("fuller", town.addresses[1], "")
    with PlainClient(town.addresses[1], "netcat") as netcat, NativeClient(town.addresses[0], "joker") as joker:
        netcat.type("/join #stage")
        netcat.expect("you are in #stage")
        line.shows("liner")
        full.shows("#stage>")
        act(joker)
        rogue(town, str(next(frame.session for frame in joker.frames if isinstance(frame, Welcome))))
        for terminal in (line, full):
            terminal.shows("said ", "announced ")
            terminal.type("/whois joker", "Enter")
            terminal.shows("stored ")
            terminal.type("/topic #stage", "Enter")
        for typed in ("/whois joker", "/topic #stage", "/who #stage", "/rooms", "/leave #stage", "/join #stage"):
            netcat.type(typed)
        netcat.expect("joker: said ")
        heard = operators(town, tmp_path)
        joker.send(Quit())
        joker.expect_end()
        netcat.expect("joker left #stage")
        for terminal in (line, full):
            terminal.shows("joker left")
            terminal.keys("C-d")
            terminal.shows("code 0")
            heard[str(terminal)] = terminal.raw
        netcat.type("\\q")
        netcat.expect_end()

    for where, raw in {**heard, "netcat": netcat.heard}.items():
        assert not RAW.search(raw), f"{where}: {RAW.search(raw)}"
    assert not CONTROLS.search(netcat.heard)
    for node in town.nodes:
        assert not RAW.search(node.output.read_bytes()), "the node's log"


def operators(town: Deployment, folder: Path) -> dict[str, bytes]:
    """What an operator's terminal gets, by command."""
    heard = {}
    for words in (
        ("who",),
        ("who", "joker"),
        ("rooms",),
        ("history", "#stage"),
        ("topic", "#stage"),
        ("sessions", "n1"),
    ):
        with shown(*words, "--redis", town.redis.url, terminal=True) as command:
            command.process.wait(30)
            command.wait("\n")
            heard[" ".join(words)] = command.text.encode()
    argv = [sys.executable, "-P", "-m", "hydrachat", "top", "--redis", town.redis.url, "--interval", "0.5"]
    with Terminal(required("tmux"), argv) as screen:
        for key, text in (("r", "#stage"), ("u", "joker")):
            screen.shows("2 serving")
            screen.keys(key)
            screen.shows(text)
        heard["top"] = screen.raw
    assert b"#stage" in heard["top"]
    assert b"joker" in heard["who"]
    assert b"client" in heard["who joker"]
    return heard


def test_a_node_that_writes_for_people_writes_no_escape(
    town: Deployment, undisturbed: HonestPair, tmp_path: Path
) -> None:
    node = town.make_node("n9", flags=["--log-format", "human", "--log-level", "debug"])
    try:
        node.start()
        node.wait_ready()
        with NativeClient(node.address, "joker") as joker:
            act(joker)
            for line in (f"{ESCAPE}", f'{{"op":"{ESCAPE}"}}', f'{{"op":"say","n":1,"to":"{ESCAPE}","text":"{BIDI}"}}'):
                joker.send_raw(line.encode() + b"\n")
            joker.send(Who(room=f"#{ESCAPE}", id=9))
            joker.expect(Error, of(id=9))
            joker.send(Quit())
            joker.expect_end()
    finally:
        node.terminate()
        node.discard()
    log = node.output.read_bytes()
    assert b"joker" in log
    assert not RAW.search(log)
    assert not CONTROLS.search(log)
