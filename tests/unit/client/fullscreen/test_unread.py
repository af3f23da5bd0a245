"""What is unread is told wherever one looks, and whenever one does not look at all."""

from __future__ import annotations

from textual import events

from client import events as ev
from tests.unit.client.fullscreen.test_app import room, screen_test
from tests.unit.client.fullscreen.world import joined, message
from wire.frames import Member


@screen_test
async def test_without_the_list_of_conversations_the_line_below_tells() -> None:
    async with room() as it:
        await it.hear(joined(room="#ops", own=True, count=1), joined(room="#dev", own=True, count=1))
        await it.hear(message(1, "x", room="#ops"), message(2, "y", room="#ops"), message(1, "alice?", room="#dev"))
        assert "[3:!1 2:2]" not in it.screen
        await it.pilot.press("f2")
        await it.until(lambda: it.rows[-2].startswith(" ● [3:!1 2:2] n1"))
        await it.pilot.press("alt+a", "alt+a")
        await it.until(lambda: it.rows[-2].startswith(" ● n1"))


@screen_test
async def test_what_is_unread_in_conversations_without_a_row_is_told_below_them() -> None:
    async with room() as it:
        await it.hear(*(joined(room=f"#r{n}", own=True, count=1) for n in range(2, 21)))
        await it.shows(" 9 #r9", "   11 more")
        await it.hear(message(1, "x", room="#r20"), message(1, "alice: y", room="#r19"), message(1, "z", room="#r3"))
        await it.shows("   11 more     !2│", " 3 #r3          1│")
        await it.pilot.click("#side", offset=(5, 8))
        await it.shows("#r9>")
        await it.pilot.click("#side", offset=(5, 9))
        await it.shows("#r9>")


@screen_test
async def test_what_comes_while_another_window_has_the_keyboard_is_unread() -> None:
    async with room() as it:
        await it.hear(message(1, "seen"))
        it.app.post_message(events.AppBlur())
        await it.until(lambda: not it.app.model.watched)
        await it.hear(message(2, "unseen"), message(3, "unseen too"))
        await it.shows("›1 #lobby       2│", " new ")
        it.app.post_message(events.AppFocus())
        await it.shows("›1 #lobby        │", " new ")
        marker = next(at for at, row in enumerate(it.rows) if "─ new ─" in row)
        assert it.rows[marker - 1].rstrip().endswith("seen")
        assert it.rows[marker + 1].rstrip().endswith("unseen")
        await it.type("half")
        assert it.app.composer.text == "half"


@screen_test
async def test_what_is_refused_elsewhere_is_told_where_one_looks() -> None:
    async with room() as it:
        await it.type("@nobody psst", "enter")
        sent = next(n for n, one in enumerate(it.chat.asked, 1) if one[0] == "say")
        await it.hear(ev.RefusedEvent(sent, "@nobody", "psst", 1010, "nobody of that name is here"))
        await it.shows("not said to @nobody: nobody of that name", "#lobby>")
        await it.pilot.press("alt+2")
        await it.shows("not said to @nobody", "✗  psst", "@nobody>")


@screen_test
async def test_how_somebody_is_stands_behind_the_name_as_far_as_it_fits() -> None:
    async with room(120) as it:
        members = (("carl", "away"), ("dora", "reconnecting"), ("somebody-from-afar-1", "away"), ("小林", "away"))
        await it.hear(
            ev.MembersEvent("#lobby", tuple(Member(*one[:1], f"s-{one[0]}", "n1", one[1]) for one in members))
        )
        await it.shows("│ ○ carl away", "│ ~ dora reconnecti…", "│ ○ somebody-fro…r-1", "│ ○ 小林 away")


@screen_test
async def test_the_first_screen_says_where_there_is_help_until_one_has_typed() -> None:
    async with room() as it:
        await it.shows("F1 lists keys and commands")
        await it.type("hello", "enter")
        await it.until(lambda: "F1 lists" not in it.screen)
