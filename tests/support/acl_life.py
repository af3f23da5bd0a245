"""A short life of a cluster in which everything happens once, also what is seldom: people come, speak, fail over and
go, operators look and act, a node dies, Redis loses all, nodes leave, an operator is alone."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack

import click

from cluster.operator import complete
from cluster.operator.connect import connect
from cluster.operator.follow import Following
from cluster.operator.history import epoch_of
from tests.support.acl import Ruled
from tests.support.acl_watch import Watch
from tests.support.deployment import PREFIX
from tests.support.native import NativeClient
from tests.support.operator import Person
from tests.support.plainclient import PlainClient
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Hello, Quit, Register, Registered

SECRET = "open sesame"

LOOKS = (
    ("nodes",),
    ("who",),
    ("who", "ann"),
    ("rooms",),
    ("sessions", "n1"),
    ("history", "#ops"),
    ("bans",),
    ("accounts",),
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
    ("kick", "zed"),
    ("unregister", "zed"),
    ("register", "walt", "--password-file", "{password}"),
    ("room", "#ops", "--owner", "ann"),
    ("room", "#ops", "--open"),
)
LEAVES = ("drain", "n2", "--force")


def lived(cluster: Ruled) -> None:
    """Fails where anything of it does not work."""
    watch, (one, two) = cluster.watch, cluster.nodes
    with ExitStack() as stack:
        visitor = Person(stack, "visitor", [two.address])  # it comes again where n2 is late for the lease
        visitor.chat.join("#brief").wait(10)
        visitor.chat.leave("#brief").wait(10)
        ann = Person(stack, "ann", [node.address for node in cluster.nodes])
        _people(cluster, stack, ann)
        _owner(cluster, stack, ann)
        _operators(cluster, watch)
        _mended(cluster, watch)
        _told_by_a_node(cluster, visitor)
        _deaths(cluster, ann)
        wait_until(lambda: "unsubscribe" in watch.used("node"), 60, "n2 lets go of the room where nobody is")
    _acts(cluster, LEAVES)
    two.wait()  # it has said that it leaves; while it runs it would open the term that an operator is to open
    one.terminate()
    _alone(cluster)


def _alone(cluster: Ruled) -> None:
    """Operators without nodes, which would bring scripts and open a term."""
    with cluster.client() as admin:
        admin.flushall()
        admin.script_flush()
        admin.set(f"{PREFIX}nick:nobody", "0badc0de")
    cluster.watch.at_work("reader")
    assert "nobody" in cluster.run("reader", "doctor")[1]
    _acts(cluster, ("announce", "nobody is here"))


def _acts(cluster: Ruled, words: tuple[str, ...]) -> None:
    cluster.watch.at_work("operator")
    code, said = cluster.run("operator", *words)
    cluster.watch.at_work("")
    assert code == 0, (words, said)


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


def _owner(cluster: Ruled, stack: ExitStack, ann: Person) -> None:
    """zed registers, goes, has mail, is not let in by a wrong password, comes, and has not read the mail."""
    two = cluster.nodes[1].address
    with NativeClient(two, "zed") as zed:
        zed.enter()
        zed.send(Register(password=SECRET))
        zed.expect(Registered)
        zed.send(Quit())
    wait_until(lambda: "zed" not in cluster.presence(), 20, "zed is gone")
    ann.chat.say("for when you come", to="@zed").wait_accepted(10)
    zed = stack.enter_context(NativeClient(two, "zed"))
    zed.send(Hello(nick="zed", password="not this one"))
    zed.expect_error(Code.NOT_ADMITTED)
    zed.send(Hello(nick="zed", password=SECRET))
    zed.expect_text("for when you come")


def _operators(cluster: Ruled, watch: Watch) -> None:
    password = cluster.folder / "password"
    for role, commands in (("reader", LOOKS), ("operator", LOOKS), ("operator", ACTS)):
        with cluster.client() as admin:
            admin.script_flush()
        watch.at_work(role)
        _complete(cluster.url(role))
        for words in commands:
            code, said = cluster.run(role, *(word.format(password=password) for word in words))
            assert code == 0, (role, words, said)
        watch.at_work("")


def _complete(url: str) -> None:
    """What Tab asks, and the next look of `history --follow`."""
    ctx = click.Context(click.Command("who"))
    ctx.params = {"url": url}
    # On a busy machine Redis may be too slow for who waits with a finger on Tab.
    wait_until(lambda: "ann" in complete.nicknames(ctx, click.Argument(["nick"]), "a"), 30, "a nickname")
    wait_until(lambda: complete.rooms(ctx, click.Argument(["room"]), "#o") == ["#ops"], 30, "a room")
    wait_until(lambda: "n1" in complete.nodes(ctx, click.Argument(["node"]), "n"), 30, "a node")
    with connect(url) as client:
        epoch = epoch_of(client, PREFIX, "#ops")
        assert Following(PREFIX, "#ops", epoch, 1).more(client)


def _deaths(cluster: Ruled, ann: Person) -> None:
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
        admin.set(f"{PREFIX}nick:nobody", "0badc0de")
        admin.hset(f"{PREFIX}inbox:0badc0de:meta", "top", "0")
    watch.at_work("reader")
    assert cluster.run("reader", "doctor")[1].count("0badc0de") >= 2
    watch.at_work("operator")
    # Nothing is mended while nobody may be judged, as after a time in which the machine stood still.
    wait_until(lambda: "mended" in cluster.run("operator", "doctor", "--fix")[1], 60, "doctor mends")
    watch.at_work("")
    with cluster.client() as admin:
        assert not admin.exists(f"{PREFIX}nick:nobody")
        assert admin.ttl(f"{PREFIX}inbox:0badc0de:meta") > 0


def _told_by_a_node(cluster: Ruled, visitor: Person) -> None:
    """As where an operator's command was killed halfway through all whom it had to tell."""
    with cluster.client() as admin:
        admin.hset(f"{PREFIX}announcement:half", mapping={"text": "half", "time": "1"})
        admin.zadd(f"{PREFIX}announcement:half:to", {visitor.chat.session: 0})
        admin.sadd(f"{PREFIX}announcements", "half")
    wait_until(lambda: "half" in visitor.announced(), 30, "the announcement goes on")
