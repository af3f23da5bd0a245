"""What happens in each picture. All of it is real: nodes, clients, what is said, what dies."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from client import ChatClient
from client.fullscreen.app import RoomApp
from client.fullscreen.model import Model
from cluster.top.app import TopApp
from cluster.top.facts import Facts
from cluster.top.jobs import Acts
from docs.pictures.photo import Screen, set_clock, taken
from docs.pictures.stage import Stage

PREFIX = "{hydrachat}:"
SHOWN_REDIS = "redis://127.0.0.1:7799/0"
"""Where `hydrachat up` has it: the free port that we found is another one each time."""
ROOMS = ("#ops", "#help", "#garden")
GUESTS = ("ada", "bjarne", "chen", "dora", "emil", "farah", "goran", "hana", "ines", "jan", "kofi", "lena")


@contextmanager
def joined(stage: Stage, nick: str, node: str, *rooms: str) -> Iterator[tuple[ChatClient, RoomApp]]:
    """The full-screen client as `hydrachat join` starts it."""
    set_clock()
    chat = stage.client(nick, node, rooms)
    chat.start()
    try:
        yield chat, RoomApp(chat, Model(nick, rooms[0]))
    finally:
        chat.quit()


def room(stage: Stage) -> str:
    """An ordinary morning: a topic, a mention, an action, other alphabets, and two more conversations with news."""
    with joined(stage, "alice", "n1", "#lobby", "#ops") as (_, app):

        async def act(it: Screen) -> None:
            await it.shows("#lobby, 1 here")
            for nick, node in (("bob", "n2"), ("carol", "n3"), ("dave", "n1"), ("小林", "n2")):
                await it.do(partial(stage.enter, nick, node, ("#lobby", "#ops")[: 2 if nick in ("bob", "dave") else 1]))
            await it.shows("● 小林", "● dave")
            await it.do(lambda: stage.people["carol"].topic("#lobby", "release 2.0 goes out at four").wait(10))
            await it.do(lambda: stage.say("bob", "morning! who has the release notes?"))
            await it.do(lambda: stage.say("小林", "おはようございます ☕ 翻訳はできました"))
            await it.do(lambda: stage.say("carol", "the translation is in, so it is only the pictures now"))
            await say(it, "I draw them today, bob reads them 🎨")
            await it.do(lambda: stage.say("dave", "puts the kettle on", action=True))
            await it.do(lambda: stage.say("bob", "Alice: gladly. The list is at https://wiki.example/release-2.0"))
            await it.do(lambda: stage.say("dave", "n2 gets its new disk at noon", "#ops"))
            await it.do(lambda: stage.say("bob", "fine by me, drain it first", "#ops"))
            await it.do(lambda: stage.say("carol", "psst: it is his birthday 🎂", "@alice"))
            await it.do(lambda: stage.people["dave"].away("kettle").wait(10))
            await it.shows("3 @carol", "○ dave away", "release-2.0")
            app.composer.insert("Cake at four, then? ")

        return taken(app, (100, 16), "hydrachat join alice --room '#lobby' --room '#ops'", act)


async def say(it: Screen, text: str, mark: str = "✓ ") -> None:
    """Types it at the screen, and waits until the mark of what became of it stands before it."""
    assert isinstance(it.app, RoomApp)
    it.app.composer.insert(text)
    await it.keys("enter")
    await it.shows(f"{mark} {text[:12]}")


def private(stage: Stage) -> str:
    """Two people alone, with receipts."""
    with joined(stage, "alice", "n1", "#lobby") as (_, app):

        async def act(it: Screen) -> None:
            await it.shows("#lobby, 1 here")
            await it.do(lambda: stage.enter("carol", "n3"))
            await it.shows("● carol")
            await it.do(lambda: stage.say("carol", "psst: it is his birthday 🎂", "@alice"))
            await it.shows("2 @carol")
            await it.keys("alt+2")
            await say(it, "oh no, and I have no card", "✓✓")
            await it.do(lambda: stage.say("carol", "I have one. 祝你生日快乐!", "@alice"))
            await say(it, "you save my day", "✓✓")

        return taken(app, (100, 8), "hydrachat join alice", act)


def failover(stage: Stage) -> str:
    """The node that Alice is on dies while all talk and she types."""
    with joined(stage, "alice", "n2", "#ops") as (_, app):

        async def act(it: Screen) -> None:
            await it.shows("#ops, 1 here", "● n2")
            for nick, node in (("bob", "n1"), ("carol", "n3")):
                await it.do(partial(stage.enter, nick, node, ("#ops",)))
            await it.shows("● carol", "● bob")
            await it.do(lambda: stage.say("bob", "Alice, you are on n2? I'd like to try it", "#ops"))
            await say(it, "I am. Is it going to hurt?")
            await it.do(lambda: stage.say("bob", "it shouldn't. kill -9 in 3, 2, 1 …", "#ops"))
            app.composer.insert("wait, I am in the middle of a sen")
            await it.shows("2, 1 …", "middle of a sen")
            await it.do(lambda: stage.kill("n2"))
            await it.do(lambda: stage.say("carol", "n2 is gone, I still see all of you", "#ops"))
            await it.do(lambda: stage.say("bob", "alice?", "#ops"))
            await it.shows("moved to", "nothing missed", "alice?", "carol", "still see all of you")
            app.composer.insert("tence, and it is still here")
            await it.keys("enter")
            await it.shows("✓  wait, I am in the middle of a sentence")
            await it.do(lambda: stage.say("carol", "applauds", "#ops", action=True))
            await it.shows("applauds")

        return taken(app, (100, 13), "hydrachat join alice --room '#ops'", act)


def top(stage: Stage) -> str:
    """Three dozen people who talk, and a node that has just died."""
    set_clock()
    for number, nick in enumerate(f"{guest}{end}" for guest in GUESTS for end in ("", "_", "2")):
        stage.enter(nick, f"n{number % len(stage.nodes) + 1}", ("#lobby", ROOMS[number % len(ROOMS)]))
    app = TopApp(Facts(stage.redis.url, PREFIX), Acts(stage.redis.url, PREFIX), SHOWN_REDIS, 1.0)
    over = threading.Event()
    talk = threading.Thread(target=keep_talking, args=(stage, over), name="talk")

    async def act(it: Screen) -> None:
        await it.shows("3 serving")
        talk.start()
        await it.do(lambda: over.wait(stage.seconds))
        await it.do(lambda: stage.kill("n3"))
        await it.shows("1 lost")

    try:
        return taken(app, (100, 13), "hydrachat top", act)
    finally:
        over.set()
        talk.join()


def keep_talking(stage: Stage, over: threading.Event) -> None:
    """Ten to fifty messages a second, by one after the other. On a thread of its own, until `over`."""
    for number, nick in enumerate(itertools.cycle(stage.people)):
        if over.wait(1 / (30 + 20 * math.sin(number / 40))):
            return
        stage.people[nick].say("has anybody seen the pager?")


SCENES = {"room": room, "private": private, "failover": failover, "top": top}
