"""The library's handles, handlers and threads on a real cluster whose nodes die."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from client import ChatClient, Code, Disconnected, MessageEvent, Refused, Sending, Stopped
from tests.support.deployment import Deployment
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]
THREADS, EACH = 4, 40


def test_handles_tell_the_truth_whichever_node_dies_and_whoever_says(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, grace=10.0)
    heard: list[MessageEvent] = []
    sendings: dict[int, list[Sending]] = {number: [] for number in range(THREADS)}
    with ChatClient(cluster.addresses, "speaker") as chat, ChatClient(cluster.addresses, "listener") as other:
        other.on(MessageEvent, heard.append)
        listening = threading.Thread(target=other.run)
        listening.start()

        def talk(number: int) -> None:
            for count in range(EACH):
                to = "@listener" if count % 10 == 9 else "#lobby"
                sendings[number].append(chat.say(f"{number} {count}", to))
                if count % 8 == 7:
                    sendings[number][-1].wait_accepted(60)

        talkers = [threading.Thread(target=talk, args=(number,)) for number in range(THREADS)]
        for talker in talkers:
            talker.start()
        wait_until(lambda: all(sendings.values()), what="they talk")
        for one in {chat.node, other.node}:
            next(node for node in cluster.nodes if node.name == one).kill()
        for talker in talkers:
            talker.join(90)
        assert chat.flush(60)
        every = [one for said in sendings.values() for one in said]
        private = [one for one in every if one.to == "@listener"]
        assert {one.wait_received(60) for one in private} == {"received"}
        wait_until(lambda: len(heard) >= len(every), 30, "all is heard")
        other.quit()
        listening.join(30)

    places = [(one.log, one.offset) for one in (one.accepted for one in every) if one is not None]
    assert len(set(places)) == len(places) == THREADS * EACH, "each is accepted, at a place of its own"
    assert sorted(one.n or 0 for one in every) == list(range(1, THREADS * EACH + 1))
    assert sorted(event.text for event in heard) == sorted(one.text for one in every), "each is heard once"
    for number in range(THREADS):
        for private_ones in (True, False):
            mine = [
                event.text for event in heard if event.text.startswith(f"{number} ") and event.private == private_ones
            ]
            assert mine == [one.text for one in sendings[number] if (one.to == "@listener") == private_ones]


def test_who_is_not_scheduled_for_long_does_not_take_its_node_for_dead(deploy: Deploy) -> None:
    """The answer to its ping lies in the kernel while its time runs out."""
    cluster = deploy(nodes=2, lease=4.0)
    with ChatClient(cluster.addresses, "sleeper") as chat:
        machine, selector = chat._network._machine, chat._network._selector
        overslept: list[float] = []

        def late(timeout: float | None) -> list[Any]:
            link = machine._active
            over = link.dead_at if link else None
            if overslept or link is None or over is None or link.asked != link.spoke:
                return selector.select(timeout)
            wait_until(lambda: selector.select(0.05) and time.monotonic() > over, 60, "the time is over")
            overslept.append(over)
            return []

        chat._network._selector = SimpleNamespace(
            select=late, register=selector.register, unregister=selector.unregister, close=selector.close
        )  # type: ignore[assignment]
        wait_until(lambda: overslept, 60)
        chat.say("still here").wait_accepted(30)
        told: list[Any] = []
        while not (told and isinstance(told[-1], MessageEvent)):
            told.append(chat.next_event(30))
    assert not [one for one in told if isinstance(one, Disconnected) and "nothing was heard from it" in one.reason]


def test_a_bot_that_fails_finds_its_nickname_free(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=60.0)

    def fails() -> None:
        with ChatClient(cluster.addresses, "bot") as chat:
            chat.on(MessageEvent, lambda event: 1 / 0)
            chat.say("the one that it can't bear")
            chat.run()

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fails()


def test_a_second_bot_of_that_name_is_refused_with_a_free_one(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    ended: list[Stopped] = []
    with ChatClient(cluster.addresses[:1], "bot") as first:
        first.on(Stopped, ended.append)
        second = ChatClient(cluster.addresses[1:], "BOT")
        with pytest.raises(Refused) as refused:
            second.start()
        assert refused.value.code == Code.NICK_TAKEN
        assert refused.value.suggestion
        with ChatClient(cluster.addresses[1:], refused.value.suggestion) as third:
            assert third.say("here", "@bot").wait_received(30) == "received"
        first.quit()
        first.run()
    assert ended == [Stopped(None)]


def test_under_asyncio_all_is_said_and_heard_once_whichever_node_dies(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, grace=10.0)

    async def bot() -> list[str]:
        async with asyncio.timeout(90), ChatClient(cluster.addresses, "aio") as chat:

            async def talk(number: int) -> None:
                for count in range(EACH):
                    if (number, count) == (0, EACH // 2):
                        next(node for node in cluster.nodes if node.name == chat.node).kill()
                    assert (await chat.say(f"{number} {count}")).n
                assert await chat.say("psst", "@listener").receipt() == "received"

            await asyncio.gather(*(talk(number) for number in range(THREADS)))
            heard: list[str] = []
            async for event in chat:
                if isinstance(event, MessageEvent) and event.own:
                    heard.append(event.text)
                    if len(heard) == THREADS * EACH:
                        break
        return heard

    with ChatClient(cluster.addresses, "listener", on_event=lambda event: None):
        heard = asyncio.run(bot())
    assert sorted(heard) == sorted(f"{number} {count}" for number in range(THREADS) for count in range(EACH))
    for number in range(THREADS):
        assert [text for text in heard if text.startswith(f"{number} ")] == [f"{number} {n}" for n in range(EACH)]
