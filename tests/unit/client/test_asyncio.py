"""A chat under asyncio: `async with`, `async for`, handles that are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from client import (
    Backlogged,
    ChatClient,
    Closed,
    Code,
    Event,
    JoinedEvent,
    MessageEvent,
    Refused,
    Settings,
    Stopped,
    Unreachable,
)
from tests.support.waiting import wait_until
from tests.unit.client.scripted import Loopback
from tests.unit.client.test_chat import client
from wire.frames import Error, Quit


@pytest.fixture
def cluster() -> Iterator[Loopback]:
    with Loopback(1) as loopback:
        yield loopback


def run(bot: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await bot()

    asyncio.run(bounded())


async def listen(chat: ChatClient) -> list[Event]:
    return [event async for event in chat]


def test_a_bot_listens_says_and_leaves_in_order(cluster: Loopback) -> None:
    async def bot() -> None:
        async with client(cluster) as chat:
            accepted = await asyncio.gather(*(chat.say(str(number)) for number in range(300)))
            assert [one.n for one in accepted] == list(range(1, 301))
            own = 0
            async for event in chat:
                own += isinstance(event, MessageEvent)
                if own == 300:
                    break
        assert (await listen(chat))[-1] == Stopped(None)

    run(bot)
    assert any(isinstance(frame, Quit) for frame in cluster.heard)


def test_other_tasks_run_while_it_waits(cluster: Loopback) -> None:
    async def bot() -> None:
        async with client(cluster) as chat:
            async with asyncio.TaskGroup() as group:

                async def listen() -> str:
                    async for event in chat:
                        if isinstance(event, MessageEvent):
                            return event.text
                    raise AssertionError

                heard = group.create_task(listen())
                await chat.say("to ourselves")
            assert heard.result() == "to ourselves"

    run(bot)


def test_giving_up_changes_nothing(cluster: Loopback) -> None:
    async def bot() -> None:
        async with client(cluster) as chat:
            cluster.freeze(0)
            sending = chat.say("late")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await sending
            assert not chat._changed._watches
            assert not chat._changed.waiting
            cluster.thaw(0)
            assert (await sending).n == 1

    run(bot)


def test_what_went_wrong_is_raised(cluster: Loopback) -> None:
    async def bot() -> None:
        chat = client(cluster)
        with pytest.raises(Closed):
            await listen(chat)
        async with chat:
            with pytest.raises(ValueError, match="direct"):
                await chat.say("x").receipt()
            cluster.send(Error(Code.TAKEN_OVER, "resumed elsewhere"))
            with pytest.raises(Refused) as refused:
                await listen(chat)
            assert refused.value.code == Code.TAKEN_OVER
            with pytest.raises(Refused):
                chat.say("too late")

    run(bot)


def test_who_can_not_start_is_told(cluster: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.awaiting.START_TIMEOUT", 0.2)
    cluster.freeze(0)

    async def bot() -> None:
        chat = client(cluster)
        with pytest.raises(Unreachable):
            async with chat:
                pass
        assert not chat._network._thread.is_alive()

    run(bot)


def test_a_cancelled_start_leaves_nothing(cluster: Loopback) -> None:
    cluster.freeze(0)

    async def bot() -> None:
        chat = client(cluster)

        async def enter() -> None:
            async with chat:
                raise AssertionError

        task = asyncio.create_task(enter())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not chat._network._thread.is_alive()

    run(bot)


def test_an_outcome_comes_though_nobody_takes_events(cluster: Loopback) -> None:
    async def bot(unread: int) -> None:
        async with client(cluster, settings=Settings(unread=unread, flush_timeout=0.1)) as chat:
            async for event in chat:
                if isinstance(event, JoinedEvent):
                    break
            cluster.run(lambda: [cluster.world.post("x" * 10_000) for _ in range(400)])
            await asyncio.to_thread(wait_until, lambda: chat._machine.paused)
            assert (await chat.say("one")).n == 1

    run(lambda: bot(100))
    with pytest.raises(Backlogged):
        run(lambda: bot(10))


def test_a_loop_that_was_closed_costs_the_chat_nothing(cluster: Loopback) -> None:
    with client(cluster) as chat:
        loop = asyncio.new_event_loop()
        cluster.freeze(0)
        waiter = loop.create_task(chat.say("one")._awaited())
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
        assert chat._changed._watches
        loop.close()
        cluster.thaw(0)
        assert chat.say("two").wait(10).n == 2
        assert waiter


def test_a_coroutine_function_is_no_handler(cluster: Loopback) -> None:
    async def handler(event: object) -> None: ...

    with pytest.raises(TypeError, match="async for"):
        client(cluster, on_event=handler)
    chat = client(cluster)
    with pytest.raises(TypeError, match="async for"):
        chat.on(MessageEvent, handler)
    chat.close()


def test_a_handler_may_be_decorated(cluster: Loopback) -> None:
    with client(cluster) as chat:

        @chat.on(MessageEvent)
        def heard(event: MessageEvent) -> None:
            texts.append(event.text)
            chat.quit()

        texts: list[str] = []
        chat.say("x").wait(10)
        chat.run()
    assert texts == ["x"]
    assert callable(heard)
