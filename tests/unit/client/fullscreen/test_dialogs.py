"""What lies over the screen, and keys that come faster than it opens and closes."""

from __future__ import annotations

from textual import events

from tests.unit.client.fullscreen.test_app import room, screen_test
from tests.unit.client.fullscreen.test_keys import send


@screen_test
async def test_what_is_typed_behind_the_key_that_closes_the_help_is_not_lost() -> None:
    async with room() as it:
        await it.pilot.press("f1")
        await it.shows("Esc closes")
        await send(it, "qhello")
        await it.until(lambda: it.app.composer.text == "hello")
        assert len(it.app.screen_stack) == 1


@screen_test
async def test_the_help_opens_once_for_a_key_that_is_pressed_twice() -> None:
    async with room() as it:
        await send(it, "\x1bOP\x1bOP")
        await it.shows("Esc closes")
        await it.pilot.press("escape")
        await it.until(lambda: len(it.app.screen_stack) == 1)


@screen_test
async def test_a_question_is_answered_once() -> None:
    async with room() as it:
        it.app.composer.post_message(events.Paste("one\ntwo\n"))
        await it.shows("You pasted 2 lines")
        await send(it, "\r\rand on")
        await it.until(lambda: it.app.composer.text == "and on")
        assert [one for one in it.chat.asked if one[0] == "say"] == [("say", "#lobby", "one\ntwo")]
