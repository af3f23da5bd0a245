"""A short life of a cluster in which everything happens once: people come, speak, fail over and go, operators look and
act, a node dies, Redis loses all, a node leaves."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack

import click

from cluster.operator import complete
from cluster.operator.connect import connect
from cluster.operator.follow import Following
from cluster.operator.history import epoch_of
from tests.support.acl import Ruled, Watch
from tests.support.deployment import PREFIX
from tests.support.native import NativeClient
from tests.support.operator import Person
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until

LOOKS = (
    ("nodes",),
    ("who",),
    ("who", "ann"),
    ("rooms",),
    ("sessions", "n1"),
    ("history", "#ops"),
    ("bans",),
    ("topic", "#ops"),
    ("top", "--once"),
    ("doctor",),
)
ACTS = (
    ("announce", "soon"),
    ("announce", "only here", "--room", "#ops"),
    ("topic", "#ops", "set by an operator"),
    ("ban", "@mallory", "--for", "1m", "--reason", "spam"),
    ("ban", "192.0.2.0/24"),
    ("unban", "@mallory"),
    ("kick", "carol"),
)


def lived(cluster: Ruled) -> None:
    """Fails where anything of it does not work."""
    watch = cluster.watch
    with ExitStack() as stack:
        ann = Person(stack, "ann", [node.address for node in cluster.nodes])
        _people(cluster, stack, ann)
        _operators(cluster, watch)
        _mended(cluster, watch)
        _deaths(cluster, stack, ann)
    watch.at_work = "operator"
    assert cluster.run("operator", "drain", "n2", "--force")[0] == 0
    watch.at_work = ""


def _people(cluster: Ruled, stack: ExitStack, ann: Person) -> None:
    two = cluster.nodes[1].address
    bob = Person(stack, "bob", [two])
    stack.enter_context(contextlib.suppress(OSError))
    stack.enter_context(PlainClient(two, "carol"))
    for person in (ann, bob):
        person.chat.join("#ops").wait(10)
    for text in ("one", "two"):
        ann.chat.say(text, to="#ops").wait_accepted(10)
    ann.chat.say("psst", to="@bob").wait_received(10)
    ann.chat.topic("#ops", "what it is about").wait(10)
    ann.chat.away("lunch").wait(10)
    ann.chat.back().wait(10)
    for reply in (ann.chat.who(), ann.chat.rooms(), ann.chat.history("#ops"), ann.chat.whois("bob")):
        reply.wait(10)
    bob.chat.rename("rob").wait(10)
    bob.chat.rename("bob").wait(10)
    bob.chat.leave("#ops").wait(10)
    bob.chat.quit()


def _operators(cluster: Ruled, watch: Watch) -> None:
    for role, commands in (("reader", LOOKS), ("operator", LOOKS), ("operator", ACTS)):
        watch.at_work = role
        _complete(cluster.url(role))
        for words in commands:
            code, said = cluster.run(role, *words)
            assert code == 0, (role, words, said)
        watch.at_work = ""


def _complete(url: str) -> None:
    """What Tab asks, and the next look of `history --follow`."""
    ctx = click.Context(click.Command("who"))
    ctx.params = {"url": url}
    assert "ann" in complete.nicknames(ctx, click.Argument(["nick"]), "a")
    assert complete.rooms(ctx, click.Argument(["room"]), "#o") == ["#ops"]
    assert "n1" in complete.nodes(ctx, click.Argument(["node"]), "n")
    with connect(url) as client:
        epoch = epoch_of(client, PREFIX, "#ops")
        assert Following(PREFIX, "#ops", epoch, 1).more(client)


def _deaths(cluster: Ruled, stack: ExitStack, ann: Person) -> None:
    """Of a node with clients, and of Redis's data; nobody is lost over it."""
    one = cluster.nodes[0]
    with NativeClient(one.address, "dave"):
        one.kill()
    ann.chat.say("after the death of a node").wait_accepted(30)
    wait_until(lambda: "dave" not in cluster.presence(), 30, "who did not come back is reaped")
    one.start()
    one.wait_ready()
    with cluster.client() as admin:
        admin.flushall()
    ann.chat.say("after the loss of all").wait_accepted(30)
    ann.chat.say("and on").wait_accepted(10)


def _mended(cluster: Ruled, watch: Watch) -> None:
    cluster.wait_for_reaping()
    with cluster.client() as admin:
        admin.set("{hydrachat}:nick:nobody", "0badc0de")
    watch.at_work = "operator"
    code, said = cluster.run("operator", "doctor", "--fix")
    watch.at_work = ""
    assert "mended" in said, (code, said)
