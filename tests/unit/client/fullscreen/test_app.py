"""The screen as text, in each of its states. The widgets are real, the terminal is not: tests/blackbox/test_room.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot

from client import events as ev
from client.fullscreen.app import RoomApp
from client.fullscreen.commands import COMMANDS
from client.fullscreen.model import Model
from client.fullscreen.theme import names
from tests.unit.client.fullscreen.fake_chat import FakeChat
from tests.unit.client.fullscreen.world import NOON, joined, message
from wire.frames import Member, RoomInfo


class Room:
    def __init__(self, app: RoomApp, pilot: Pilot[None], chat: FakeChat) -> None:
        self.app, self.pilot, self.chat = app, pilot, chat
        self.now = 100.0

    async def hear(self, *told: ev.Event) -> None:
        self.chat.tell(*told)
        await self.until(lambda: self.chat.told)
        await self.pilot.pause()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                await self.pilot.pause(0.01)

    async def shows(self, *texts: str) -> None:
        """Waits for them."""
        try:
            await self.until(lambda: all(text in self.screen for text in texts))
        except TimeoutError:
            pytest.fail(f"{texts} not in\n{self.screen}")

    async def type(self, text: str, *keys: str) -> None:
        self.app.composer.insert(text)
        await self.pilot.press(*keys)

    @property
    def rows(self) -> list[str]:
        """The screen as text."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip if not segment.control) for strip in strips]

    @property
    def screen(self) -> str:
        return "\n".join(self.rows)


@asynccontextmanager
async def room(columns: int = 80, rows: int = 24, **other: object) -> AsyncIterator[Room]:
    chat = FakeChat()
    model = Model("alice", "#lobby", now=lambda: NOON / 1000)
    app = RoomApp(chat.client, model, now=lambda: 100.0, **other)  # type: ignore[arg-type]
    async with app.run_test(size=(columns, rows)) as pilot:
        found = Room(app, pilot, chat)
        await found.hear(
            ev.Connected("n1", "alice", "s-alice", "127.0.0.1:7701"),
            joined(own=True, count=2, members=("alice", "bob")),
            ev.MembersEvent("#lobby", (Member("alice", "s-alice", "n1"), Member("bob", "s-bob", "n2")), ticket=2),
        )
        await found.shows("● n1", "● bob")
        yield found


def screen_test(body: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def test() -> None:
        asyncio.run(body())  # type: ignore[arg-type]

    test.__name__, test.__doc__ = body.__name__, body.__doc__
    return test


@screen_test
async def test_the_whole_screen_at_80x24() -> None:
    async with room() as it:
        await it.hear(message(812, "hello alice"), message(813, "日本語 👨‍👩‍👧 ok", nick="eve"))
        await it.shows("hello alice", "complete to #813")
        found = [row.rstrip() for row in it.rows]
        assert [len(row) for row in it.rows].count(80) >= 20
        assert found[0] == " #lobby" + " " * 66 + "2 here"
        assert found[1].startswith("›1 #lobby        │")
        assert found[2] == "─" * 17 + "┤"
        assert [row[:17].rstrip() for row in found[3:5]] == [" ● alice", " ● bob"]
        assert found[-4] == " " * 17 + "│12:13    bob »  hello alice"
        assert found[-3] == " " * 17 + "│12:13    eve │  日本語 👨👩👧 ok"
        assert found[-2] == " ● n1" + " " * 50 + "alice · complete to #813"
        assert found[-1] == " #lobby> type here; F1 lists keys and commands"


@screen_test
async def test_it_tells_once_that_the_first_screen_is_there() -> None:
    told: list[str] = []
    async with room(ready=lambda: told.append("ready")) as here:
        await here.hear(message(1, "hello"))
        await here.shows("hello")
    assert told == ["ready"]


@screen_test
async def test_members_have_a_column_where_there_is_room() -> None:
    async with room(120, 40) as it:
        assert it.rows[1].rstrip().endswith("│ ● alice")
        await it.pilot.press("f3")
        await it.until(lambda: "● alice" not in it.screen)
        await it.pilot.resize_terminal(80, 24)
        await it.pilot.press("f3")
        await it.shows("● bob")


@screen_test
async def test_a_small_screen_is_all_for_the_talk() -> None:
    async with room() as it:
        await it.hear(message(1, "hello"))
        await it.pilot.resize_terminal(50, 16)
        await it.until(lambda: "│" not in it.rows[1])
        assert it.rows[-3].rstrip() == "12:00    bob │  hello"
        assert it.rows[-2].startswith(" ● n1")
        await it.pilot.press("f2")
        await it.shows("›1 #lobby        │", "● bob")
        await it.pilot.resize_terminal(36, 16)
        await it.pilot.press("f2")
        await it.shows("12:00 bob: hello")


@screen_test
async def test_it_wraps_again_when_the_width_changes() -> None:
    async with room() as it:
        await it.hear(message(1, "one two three four five six seven eight nine ten eleven twelve thirteen"))
        await it.shows("│  ten eleven")
        await it.pilot.resize_terminal(120, 24)
        await it.shows("seven eight nine ten eleven")


@screen_test
async def test_typing_sending_and_the_marks() -> None:
    async with room() as it:
        await it.type("hello", "enter")
        assert it.chat.asked[-1] == ("say", "#lobby", "hello")
        await it.shows("alice …  hello")
        await it.hear(message(5, "hello", nick="alice", session="s-alice", own=True))
        await it.shows("alice ✓  hello")
        assert it.app.composer.text == ""
        await it.pilot.press("up")
        assert it.app.composer.text == "hello"


@screen_test
async def test_a_slip_is_told_and_comes_back_with_up() -> None:
    async with room() as it:
        await it.type("/jion #ops", "enter")
        await it.shows("did you mean", "/join?")
        assert it.app.composer.text == ""
        await it.pilot.press("up")
        assert it.app.composer.text == "/jion #ops"


@screen_test
async def test_the_line_breaks_and_is_mended() -> None:
    async with room() as it:
        it.chat.pending = 3
        await it.hear(ev.Disconnected("n1", "reset"))
        await it.shows("○ reconnecting… (3 unsent)")
        it.chat.pending = 0
        await it.hear(ev.Moved("n3", "n1", True))
        await it.shows("● n3 · moved to n3 in under 0.1 s, nothing missed")


@screen_test
async def test_a_search_does_not_hide_that_the_line_is_broken() -> None:
    async with room() as it:
        await it.type("/search needle", "enter")
        await it.shows("“needle” is not in what is loaded; PageUp: more ")
        await it.hear(ev.Disconnected("n1", "reset"))
        await it.shows("○ reconnecting…")
        await it.hear(ev.Moved("n3", "n1", True))
        await it.shows("● “needle” is not in")


@screen_test
async def test_what_may_be_missing_stays_on_the_screen() -> None:
    async with room(130) as it:
        await it.hear(message(812), ev.GapEvent("#lobby", 812, 813, 815))
        await it.shows("complete to #812; 813-815 may be missing")
        assert "813-815 may be missing" in it.rows[-2]
        await it.pilot.press("escape")
        await it.until(lambda: "813-815" not in it.rows[-2])
        assert "813-815 may be missing" in it.screen


@screen_test
async def test_a_password_is_bullets_and_forgotten() -> None:
    async with room() as it:
        for key in "/register a sesame":
            await it.pilot.press("space" if key == " " else "slash" if key == "/" else key)
        await it.shows("/register • ••••••")
        assert "sesame" not in it.screen
        await it.pilot.press("enter")
        await it.until(lambda: ("register", "a sesame", None) in it.chat.asked)
        await it.pilot.press("up")
        assert it.app.composer.text == ""
        assert "sesame" not in it.screen


@screen_test
async def test_the_key_of_a_room_is_bullets_and_forgotten() -> None:
    async with room() as it:
        for key in "/join den sesame":
            await it.pilot.press("space" if key == " " else "slash" if key == "/" else key)
        await it.shows("/join den ••••••")
        assert "sesame" not in it.screen
        await it.pilot.press("enter")
        await it.until(lambda: it.app.composer.text == "")
        await it.pilot.press("up")
        await it.until(lambda: it.app.composer.text == "/join den")
        assert "sesame" not in it.screen


@screen_test
async def test_pasting_lines_is_asked_about() -> None:
    async with room() as it:
        it.app.composer.post_message(events.Paste("one\r\ntwo\x1b[2J\r\n"))
        await it.shows("You pasted 2 lines. To #lobby?", "│ one", "│ two[2J")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.app.screen_stack) == 1)
        assert not [one for one in it.chat.asked if one[0] == "say"]
        for answer, said in (("enter", ["one\ntwo"]), ("L", ["one", "two"])):
            it.chat.asked.clear()
            it.app.composer.post_message(events.Paste("one\ntwo\n"))
            await it.shows("You pasted")
            await it.pilot.press("l", "o", "n", "g", "s", answer)
            await it.until(lambda: len(it.app.screen_stack) == 1)
            assert it.chat.asked == [("say", "#lobby", text) for text in said]
        it.app.composer.post_message(events.Paste("one\ntwo\n"))
        await it.shows("You pasted")
        await it.pilot.press("e")
        await it.until(lambda: it.app.composer.text == "one\ntwo")


@screen_test
async def test_one_line_is_pasted_at_once() -> None:
    async with room() as it:
        it.app.composer.post_message(events.Paste("one line\x07\n"))
        await it.until(lambda: it.app.composer.text == "one line")


@screen_test
async def test_drafts_are_kept_for_each_conversation() -> None:
    async with room() as it:
        await it.hear(joined(room="#ops", own=True, count=1), message(1, "x", room="#ops"))
        await it.shows(" 2 #ops         1│")
        await it.type("half a thought")
        await it.pilot.press("alt+2")
        await it.shows("›2 #ops", " #ops>")
        assert it.app.composer.text == ""
        await it.type("/away")
        await it.pilot.press("ctrl+p")
        assert it.app.composer.text == "half a thought"
        await it.pilot.press("ctrl+n")
        assert it.app.composer.text == "/away"


@screen_test
async def test_mentions_and_direct_messages_are_counted_and_visited_first() -> None:
    async with room() as it:
        await it.hear(joined(room="#ops", own=True, count=1), message(1, "x", room="#ops"))
        await it.hear(message(1, "psst", room=None))
        await it.shows("3 @bob        !1│")
        await it.pilot.press("alt+a")
        await it.shows("›3 @bob", "bob │  psst")
        await it.pilot.press("alt+a")
        await it.shows("›2 #ops")


@screen_test
async def test_scrolled_up_it_stays_and_counts() -> None:
    async with room() as it:
        await it.hear(*(message(n) for n in range(1, 61)))
        await it.shows("text 60")
        await it.pilot.press("pageup")
        await it.shows("↓ newer messages below")
        before = it.rows[1:20]
        await it.hear(message(61), message(62))
        await it.shows("↓ 2 new · Ctrl+End")
        assert [row[18:] for row in it.rows[1:20]] == [row[18:] for row in before]
        await it.pilot.press("ctrl+end")
        await it.shows("text 62")
        assert "↓" not in it.screen


@screen_test
async def test_older_ones_are_loaded_at_the_top() -> None:
    async with room() as it:
        await it.hear(*(message(n) for n in range(101, 121)))
        await it.shows("text 120")
        await it.pilot.press("pageup", "pageup")
        await it.until(lambda: ("history", "#lobby", 101, 100) in it.chat.asked)
        await it.shows("loading…")
        ticket = it.chat.tickets
        await it.hear(ev.HistoryEvent("#lobby", tuple(message(n) for n in range(81, 101)), ticket=ticket))
        await it.pilot.press("pageup")
        await it.shows("text 90")


@screen_test
async def test_search_shows_where_it_is() -> None:
    async with room() as it:
        await it.hear(*(message(n, "a needle" if n == 3 else "") for n in range(1, 61)))
        await it.pilot.press("ctrl+f")
        assert it.app.composer.text == "/search "
        await it.type("needle", "enter")
        await it.shows("match 1 of 1 for “needle”", "bob │  a needle")
        await it.pilot.press("escape")
        await it.shows("text 60")


@screen_test
async def test_tab_completes() -> None:
    async with room() as it:
        await it.type("bo")
        await it.pilot.press("tab")
        assert it.app.composer.text == "bob: "
        await it.hear(ev.RoomsEvent((RoomInfo("#kitchen", 3),), ticket=3))
        await it.until(lambda: it.app.model.rooms_known == {"#kitchen"})
        it.app.composer.write("/join k")
        await it.pilot.press("tab")
        assert it.app.composer.text == "/join #kitchen "


@screen_test
async def test_help_lists_all_there_is() -> None:
    async with room(120, 60) as it:
        await it.type("/help", "enter")
        await it.shows(*(f"/{one.name}" for one in COMMANDS), "Ctrl+F", "\\q", "@nick text")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.app.screen_stack) == 1)
        await it.pilot.press("f1")
        await it.shows("Keys")


@screen_test
async def test_help_can_be_read_on_a_narrow_screen() -> None:
    async with room() as it:
        await it.pilot.resize_terminal(34, 20)
        await it.pilot.press("f1")
        await it.shows("say it in the")


@screen_test
async def test_a_mention_rings() -> None:
    async with room() as it:
        written: list[str] = []
        assert it.app._driver is not None
        it.app._driver.write = written.append  # type: ignore[method-assign, assignment]
        await it.hear(message(1, "nothing"), message(2, "ALICE!"))
        await it.until(lambda: "\a" in written)


@screen_test
async def test_nothing_a_stranger_sends_reaches_the_terminal_as_a_sequence() -> None:
    async with room() as it:
        evil = "\x1b]0;t\x07\x1b[2J\u202eabc [bold]x[/bold] \x9b31m"
        await it.hear(message(1, evil), message(2, evil, room=None), ev.TopicEvent("#lobby", "bob", evil, NOON))
        await it.shows("[bold]x[/bold]")
        assert not any(char in it.screen for char in "\x1b\x07\x9b\u202e")


@screen_test
async def test_the_look_of_the_settings_is_taken_and_muted_ones_are_silent() -> None:
    async with room(look="light") as it:
        assert it.app.theme == "light"
        it.app.model.mute(["#lobby", "@Bob"])
        assert it.app.doing.hearing.hear([message(1, "alice!"), message(2, "psst", room=None)], 100.0) == []
        await it.pilot.pause(1.1)
        await it.shows("#lobby       -", "@bob       -!1")


@screen_test
async def test_themes_change_and_unknown_ones_are_listed() -> None:
    async with room() as it:
        await it.type("/theme", "enter")
        await it.shows("themes: ", "dark, light, terminal, ", "this one is dark")
        await it.type("/theme draculla", "enter")
        await it.shows("there is no theme draculla; did you mean", "dracula?")
        assert set(names()) == set(it.app.available_themes)
        for name in names():
            await it.type(f"/theme {name}", "enter")
            assert it.app.theme == name


@screen_test
async def test_the_end_of_the_client_ends_the_screen() -> None:
    async with room() as it:
        it.chat.tell(ev.Stopped(None))
        await it.until(lambda: it.app._exit)


@screen_test
async def test_ctrl_c_first_clears_what_is_typed() -> None:
    async with room() as it:
        await it.type("half")
        await it.pilot.press("ctrl+c")
        assert (it.app.composer.text, it.app.interrupted) == ("", False)
        await it.pilot.press("ctrl+c")
        assert it.app.interrupted


@screen_test
async def test_ctrl_d_leaves_where_nothing_is_typed() -> None:
    async with room() as it:
        await it.type("ab", "left", "ctrl+d")
        assert it.app.composer.text == "a"
        await it.pilot.press("backspace", "ctrl+d")
        assert it.app._exit
        assert not it.app.interrupted


@screen_test
async def test_a_paste_that_nobody_can_say_is_refused() -> None:
    async with room() as it:
        it.app.composer.post_message(events.Paste("x" * 70_000))
        await it.shows("not pasted: 70000 characters")
        assert it.app.composer.text == ""


async def _without_events() -> None:
    async with room() as it:

        def broken(_: float | None = None) -> None:
            raise LookupError("the queue")

        it.chat.next_event = broken  # type: ignore[method-assign, assignment]
        await it.until(lambda: it.app.crash is not None)


def test_it_ends_where_nothing_can_come_any_more() -> None:
    with pytest.raises(LookupError, match="the queue"):
        asyncio.run(_without_events())
