"""Neither what was said nor a token is in any log, at the most talkative level, whatever happens; and a message can be
followed through the nodes all the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.processes import environment
from wire.codes import Code
from wire.frames import Accepted, Error, GoAway, Hello, Message, SetTopic, Topic, Welcome

Deploy = Callable[..., Deployment]
MARK = "xyzzy"
NUMBERS = count(1)


def marked() -> str:
    """Something that nobody else may read."""
    return f"{MARK} {next(NUMBERS)} plugh"


@contextmanager
def terminal(cluster: Deployment, errors: Path) -> Iterator[IO[str]]:
    """`hydrachat join` with a pipe for its keyboard."""
    servers = [word for address in cluster.addresses for word in ("--server", address)]
    words = [sys.executable, "-m", "client", "typist", *servers]
    with errors.open("w") as stderr, subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr, text=True, env=environment()
    ) as child:  # fmt: skip
        assert child.stdin is not None
        try:
            yield child.stdin
            child.stdin.close()
            child.wait(20)
        finally:
            child.kill()


def clumsy(client: NativeClient) -> None:
    """All that a node refuses, with text in it."""
    for line in (
        f'{{"op":"say","n":1,"to":"#lobby","text":"{marked()}',
        f'{{"op":"{marked()}"}}',
        f'{{"op":"say","n":1,"to":"{marked()}","text":"{marked()}"}}',
        f'{{"op":"say","n":2,"to":"#nowhere","text":"{marked()}"}}',
        f'{{"op":"say","n":3,"to":"#lobby","text":"{marked()}\\u0000"}}',
        f'{{"op":"say","n":4,"to":"#lobby","text":["{marked()}"]}}',
        f'{{"op":"say","n":"{marked()}","to":"#lobby","text":"{marked()}"}}',
        f'{{"op":"say","n":5,"to":"#lobby","text":"{marked() * 3000}"}}',
        f'{{"op":"ack","cursors":{{"{marked()}":["{marked()}",1]}}}}',
        f'{{"op":"hello","protocol":[1,1],"nick":"again","token":"{marked()} and some more"}}',
        marked(),
    ):
        client.send_raw(line.encode() + b"\n")
    client.send_raw(marked().encode() + b"\xff\xfe\n")
    client.send_raw(marked().encode() * 20_000 + b"\n")
    client.expect_error(Code.FRAME_TOO_LONG)


def wrong_token(cluster: Deployment, welcome: Welcome) -> str:
    token = f"{MARK}-not-the-right-token"
    with NativeClient(cluster.addresses[1]) as thief:
        thief.send(Hello(client="test", nick=welcome.nick, session=welcome.session, token=token))
        thief.expect(Error)
    return token


def debugged(cluster: Deployment) -> None:
    """Three nodes and Redis tell all that they can."""
    cluster.nodes = [cluster.make_node(f"n{number}", flags=["--log-level", "debug"]) for number in (1, 2, 3)]
    cluster.redis.add_flags(["--loglevel", "debug"])
    cluster.start()


def all_kinds_of_texts(ana: NativeClient, ben: NativeClient, pat: PlainClient, typist: IO[str]) -> None:
    private, plain, about = marked(), marked(), marked()
    ben.say(private, "@ana")
    ana.expect_text(private)
    ben.say(marked(), "@nobody")
    ben.expect(Error)
    ben.send(SetTopic(room="#lobby", text=about))
    ana.expect(Topic, lambda frame: frame.text == about)
    ben.send(GoAway(text=marked()))
    pat.type(f"/topic {marked()}")
    pat.type(f"/away {marked()}")
    for line in (plain, f"@ana {marked()}", f"@nobody {marked()}", f"/{marked()}", f"/join #:{marked()}"):
        pat.type(line)
    ben.expect_text(plain)
    types(typist, ben)


def types(typist: IO[str], hearer: NativeClient) -> None:
    text = marked()
    typist.write(f"{text}\n")
    typist.flush()
    hearer.expect(Message, lambda frame: frame.text == text, within=30)


def lose_a_node_and_redis(cluster: Deployment, pat: PlainClient) -> None:
    n1, *others = cluster.nodes
    n1.kill()
    cluster.redis.kill()
    pat.type(marked())
    cluster.redis.start()
    for node in others:
        node.wait_event("recovered")
    n1.start()
    n1.wait_ready()


def check_nothing_leaked(cluster: Deployment, logs: list[Path], secrets: list[str]) -> None:
    stored = b"".join(file.read_bytes() for file in cluster.redis.data.rglob("*") if file.is_file())
    assert stored.count(MARK.encode()) > 5, "nothing of it was ever said"
    assert len(logs) >= 5
    for file in logs:
        text = file.read_text("utf-8", "replace")
        for secret in secrets:
            assert secret not in text, f"{file.name}: {next(line for line in text.splitlines() if secret in line)}"


def check_it_can_be_followed(cluster: Deployment, session: str, accepted: Accepted) -> None:
    """From node to node, by its ids."""
    every = [line for node in cluster.nodes for line in node.events()]
    told = [line for line in every if line.get("session") == session and line.get("n") == accepted.n]
    way = [(line["node"], line["event"]) for line in told]
    assert way.count(("n2", "said")) == way.count(("n2", "delivered")) == way.count(("n3", "delivered")) == 1
    places = {(line["log"], line["epoch"], line["offset"]) for line in told}
    assert places == {("#lobby", accepted.epoch, accepted.offset)}
    assert all({"ts", "level", "event", "node", "boot"} <= set(line) for line in every)
    assert {line["event"] for line in every} >= {"said", "refused", "delivered", "joined"}


def test_no_log_has_a_text_or_a_token(deploy: Deploy, tmp_path: Path) -> None:
    cluster = deploy(start=False)
    debugged(cluster)
    _, n2, n3 = cluster.nodes
    errors, tokens = tmp_path / "typist.stderr", [f"{MARK}-own-token-of-22-or-more"]
    with (
        NativeClient(n2.address, "ana") as ana, NativeClient(n3.address, "ben") as ben,
        PlainClient(n2.address, "pat") as pat, NativeClient(n3.address, "clumsy") as bad,
        terminal(cluster, errors) as typist,
    ):  # fmt: skip
        ana.send(Hello(nick="ana", client="test", token=tokens[0]))
        welcome = ana.expect(Welcome)
        tokens += [token for token in (ben.enter().token, bad.enter().token) if token]
        said = marked()
        n = ana.say(said)
        accepted = ana.expect(Accepted)
        ben.expect_text(said)
        all_kinds_of_texts(ana, ben, pat, typist)
        clumsy(bad)
        tokens.append(wrong_token(cluster, welcome))
        with NativeClient(n3.address) as again:
            again.send(Hello(client="test", session=welcome.session, token=tokens[0], n=n, cursors=welcome.logs))
            again.expect(Welcome)
        lose_a_node_and_redis(cluster, pat)
        types(typist, ben)
    for node in cluster.nodes:
        node.terminate()
    check_nothing_leaked(cluster, [*tmp_path.rglob("*.log"), errors], [MARK, "plugh", *tokens])
    check_it_can_be_followed(cluster, welcome.session, accepted)
