"""The screen under a scripted source and scripted acts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from cluster.operator.errors import BadSetting, Failed
from cluster.top.app import TopApp
from cluster.top.facts import NODES, ROOMS, USERS, Reading, Want
from cluster.top.jobs import Say
from cluster.top.picture import Picture
from tests.support.waiting import wait_until
from tests.unit.cluster_top.world import Script, cluster, node, reading, redis_away

Act = Callable[[Pilot[None], TopApp], Awaitable[None]]
PATIENCE = 30.0


class Acts:
    """Records what is done; a drain goes on until `go` is set, and fails with `error` if there is one."""

    def __init__(self, error: str = "") -> None:
        self.done: list[tuple[str, ...]] = []
        self.go = threading.Event()
        self._error = error

    def drain(self, node: str, force: bool, say: Say) -> None:
        self.done.append(("drain", node, str(force)))
        say(f"{node} is draining, 3 clients to move")
        self.go.wait(PATIENCE)
        if self._error:
            raise Failed(self._error)
        say(f"{node} has stopped")

    def kick(self, nick: str, reason: str, say: Say) -> None:
        self.done.append(("kick", nick, reason))
        say(f"{nick} was kicked")


@contextmanager
def threads_ended() -> Iterator[None]:
    """After the block all threads of a view are over."""
    yield
    wait_until(lambda: not [one for one in threading.enumerate() if one.name.startswith("top-")], PATIENCE)


def run(
    source: Script, act: Act, acts: Acts | None = None, view: str = NODES, size: tuple[int, int] = (80, 24)
) -> TopApp:
    app = TopApp(source, acts or Acts(), "redis://127.0.0.1:7799/0", 0.05, view)

    async def drive() -> None:
        async with app.run_test(size=size) as pilot:
            await act(pilot, app)

    with threads_ended():
        try:
            asyncio.run(asyncio.wait_for(drive(), PATIENCE))
        finally:
            if acts:
                acts.go.set()
    assert source.closed.is_set()
    return app


def shown(app: TopApp) -> str:
    picture = app.query_one(Picture)
    return "\n".join(picture.render_line(y).text for y in range(picture.size.height))


async def until(pilot: Pilot[None], app: TopApp, text: str) -> None:
    """Until that is on the screen; the test's own deadline bounds it."""
    while text not in shown(app):
        await pilot.pause(0.02)


def test_all_is_well_and_keys_change_lists() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "3 serving")
        await until(pilot, app, "in/s 30.0")
        await pilot.press("u")
        await until(pilot, app, "u0001")
        await pilot.press("r")
        await until(pilot, app, "#r0")

    source = Script(cluster())
    run(source, act)
    assert {want.view for want in source.wants} == {NODES, ROOMS, USERS}


def test_a_node_that_is_lost_is_shown_as_such() -> None:
    live = threading.Event()
    live.set()

    def make(at: float, want: Want) -> Reading:
        return reading(at, node("n1"), node("n2", alive=live.is_set()))

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "2 serving")
        live.clear()
        await until(pilot, app, "1 serving, 1 lost")

    run(Script(make), act)


def test_redis_goes_away_and_comes_back() -> None:
    away = threading.Event()

    def make(at: float, want: Want) -> Reading:
        found = reading(at, node("n1"), node("n2"))
        return replace(found, error="Connection refused", store=None) if away.is_set() else found

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "2 serving")
        away.set()
        await until(pilot, app, "Redis away for")
        assert "n2" in shown(app)
        away.clear()
        await until(pilot, app, "2 serving")
        assert "Redis away" not in shown(app)

    run(Script(make), act)


def test_redis_is_away_from_the_start() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "Redis away since the start: Error 111")
        await pilot.press("u", "d", "enter", "q")

    run(Script(redis_away), act)


def test_two_hundred_nodes_and_five_thousand_users() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "200 serving")
        await pilot.press("end")
        await until(pilot, app, "200 of 200")
        await pilot.press("u")
        await until(pilot, app, "1 of 5000")
        await pilot.press("end", "s", "S", "pageup")
        await pilot.press("slash", *"u4999")
        await until(pilot, app, "/u4999: 1 of 5000")

    run(Script(cluster(nodes=200, users=5000)), act)


def test_a_source_that_hangs_stops_neither_keys_nor_the_end() -> None:
    go = threading.Event()

    def make(at: float, want: Want) -> Reading:
        go.wait(PATIENCE)
        return reading(at)

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await pilot.press("question_mark")
        await until(pilot, app, "Keys")
        await pilot.press("q")
        go.set()

    run(Script(make), act)


def test_a_setting_that_can_not_be_used_ends_it() -> None:
    def make(at: float, want: Want) -> Reading:
        raise BadSetting("--redis nonsense")

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        while app.error is None:
            await pilot.pause(0.02)

    assert isinstance(run(Script(make), act).error, BadSetting)


def test_a_drain_asks_first_and_its_steps_are_shown() -> None:
    acts = Acts()

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n2 ")
        await pilot.press("down", "d")
        assert "Drain n2?" in shown(app)
        assert acts.done == []
        await pilot.press("y")
        await until(pilot, app, "drain n2: n2 is draining, 3 clients to move")
        await pilot.press("d", "y")  # it is being drained already
        acts.go.set()
        await until(pilot, app, "drain n2: n2 has stopped")

    app = run(Script(cluster()), act, acts)
    assert acts.done == [("drain", "n2", "False")]
    assert list(app.unfinished) == []


def test_a_drain_that_fails_says_why_until_it_is_read() -> None:
    acts = Acts(error="n1 refused: no other node is ready")
    acts.go.set()

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n1 ")
        await pilot.press("d", "f", "y")
        await until(pilot, app, "drain n1: n1 refused: no other node is ready")
        await pilot.press("x")
        assert "refused" not in shown(app)

    run(Script(cluster()), act, acts)
    assert acts.done == [("drain", "n1", "True")]


def test_who_quits_amid_a_drain_is_told_that_it_goes_on() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n1 ")
        await pilot.press("d", "y")
        await until(pilot, app, "n1 is draining")
        await pilot.press("q")

    assert list(run(Script(cluster()), act, Acts()).unfinished) == ["drain n1"]


def test_a_kick_takes_a_reason_and_a_yes() -> None:
    acts = Acts()

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "u0001")
        await pilot.press("down", "k", *"knq", "escape", "n", "u")  # letters are the reason's, Escape means no
        await until(pilot, app, "u0001")
        await pilot.press("k", *"noisy", "enter")
        await until(pilot, app, 'Kick u0001, for the reason "noisy"?')
        await pilot.press("y")
        await until(pilot, app, "kick u0001: u0001 was kicked")

    run(Script(cluster()), act, acts, USERS)
    assert acts.done == [("kick", "u0001", "noisy")]


def test_a_filter_is_typed_and_kept_and_dropped() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n2 ")
        await pilot.press("slash", *"n2")
        await until(pilot, app, "/n2: 1 of 3")
        await pilot.press("enter", "s", "enter")
        await until(pilot, app, "bn2")
        await pilot.press("escape", "slash", "backspace", "escape")
        await until(pilot, app, "1 of 3")

    run(Script(cluster()), act)


BURST = [("slash", "/"), ("n", "n"), ("2", "2"), ("enter", None), ("d", "d"), ("y", "y")]


@pytest.mark.parametrize("at_once", [BURST, BURST[3:]], ids=["all", "from the end of the filter on"])
def test_what_is_typed_faster_than_the_focus_moves_goes_where_it_belongs(at_once: list[tuple[str, str | None]]) -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n2 ")
        for key, _ in BURST[: -len(at_once)]:
            await pilot.press(key)
        for key, character in at_once:
            app.post_message(events.Key(key, character))
        await until(pilot, app, "n2 is draining")
        assert "/n2: 1 of 3" in shown(app)

    acts = Acts()
    run(Script(cluster()), act, acts)
    assert acts.done == [("drain", "n2", "False")]


def test_a_filter_that_comes_in_one_piece_with_its_enter_holds() -> None:
    """Over ssh keys arrive together; else the wrong user is the first of the list, and kicked."""

    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "n2 ")
        await pilot.press("slash")
        await until(pilot, app, "words that a line has")
        for key, character in BURST[1:4]:
            app.post_message(events.Key(key, character))
        await until(pilot, app, "n nodes")
        assert "/n2: 1 of 3" in shown(app)

    run(Script(cluster()), act)


def test_the_screen_follows_the_size_of_the_terminal() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "3 serving")
        await pilot.resize_terminal(30, 8)
        await until(pilot, app, "→")
        await pilot.resize_terminal(160, 40)
        await until(pilot, app, "192.0.2.1:81")

    run(Script(cluster()), act, size=(80, 24))


def test_texts_from_users_can_not_move_the_cursor() -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await until(pilot, app, "]0;owned")
        assert "\x1b" not in shown(app)

    run(Script(lambda at, want: reading(at, node("n\x1b]0;owned\x07"))), act)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_it_ends_by_a_key(key: str) -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        await pilot.press(key)
        while app.is_running:
            await pilot.pause(0.02)

    run(Script(cluster()), act)


PASSWORD = "s3cret-of-redis"


def test_a_fault_of_the_screen_shows_no_variables(capfd: pytest.CaptureFixture[str]) -> None:
    async def act(pilot: Pilot[None], app: TopApp) -> None:
        def fail(key: str, password: str = PASSWORD) -> bool:
            raise KeyError("a fault")

        app.desk.press = fail  # type: ignore[method-assign]
        await until(pilot, app, "3 serving")
        await pilot.press("u")

    with pytest.raises(KeyError, match="a fault"):
        run(Script(cluster()), act)
    out, err = capfd.readouterr()
    assert PASSWORD not in out + err
    assert "locals" not in out + err
