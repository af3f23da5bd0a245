"""What a terminal sends for keys, as it comes in packets; and what the composer makes of it."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from client.fullscreen.keys import mend_alt_keys
from tests.unit.client.fullscreen.test_app import Room, room, screen_test
from tests.unit.client.fullscreen.world import joined, message


@pytest.fixture(autouse=True)
def _mended() -> None:
    mend_alt_keys()


def parsed(data: str) -> list[events.Key]:
    return [one for one in XTermParser().feed(data) if isinstance(one, events.Key)]


async def send(it: Room, data: str) -> None:
    """As from the terminal, in one packet."""
    for key in parsed(data):
        it.app.post_message(key)
    await it.pilot.pause()


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ("\x1b1\x1b2", ["alt+1", "alt+2"]),
        ("\x1ba\x1ba", ["alt+a", "alt+a"]),
        ("\x1b2x", ["alt+2", "x"]),
        ("\x1b\r", ["alt+enter"]),
        ("\x1b[A\x1bOA", ["up", "up"]),
    ],
)
def test_keys_with_alt_that_come_together(data: str, keys: list[str]) -> None:
    assert [one.key for one in parsed(data)] == keys


@screen_test
async def test_escape_and_a_text_in_one_packet_lose_nothing() -> None:
    async with room() as it:
        await send(it, "\x1b@bob psst")
        await it.until(lambda: it.app.composer.text == "@bob psst")


@screen_test
async def test_conversations_changed_faster_than_packets_come() -> None:
    async with room() as it:
        await it.hear(joined(room="#ops", own=True, count=1), joined(room="#dev", own=True, count=1))
        await send(it, "\x1b1\x1b2\x1b3hi")
        await it.shows("›3 #dev")
        assert it.app.composer.text == "hi"


@screen_test
async def test_words_and_ends_are_deleted_as_in_a_shell() -> None:
    async with room() as it:
        await it.type("one two three", "ctrl+a", "alt+d")
        assert it.app.composer.text == " two three"
        await it.pilot.press("ctrl+right", "ctrl+k")
        assert it.app.composer.text == " two"
        await it.pilot.press("ctrl+u")
        assert it.app.composer.text == ""


@pytest.mark.parametrize("char", ["\u3000", "\xa0", "\u200c", "\u200d"])
def test_what_python_does_not_print_is_text_too(char: str) -> None:
    @screen_test
    async def typed() -> None:
        async with room() as it:
            await send(it, f"a{char}b")
            await it.until(lambda: it.app.composer.text == f"a{char}b")

    typed()


@screen_test
async def test_what_was_cut_is_put_elsewhere_also_into_another_conversation() -> None:
    async with room() as it:
        await it.hear(joined(room="#ops", own=True, count=1))
        await it.type("one two three", "ctrl+w", "ctrl+w", "home", "ctrl+k", "ctrl+y", "ctrl+u")
        await it.pilot.press("alt+2", "ctrl+y")
        assert it.app.composer.text == "one "
        await it.type("x y z", "ctrl+w", "ctrl+w", "ctrl+y", "ctrl+y")
        assert it.app.composer.text == "one x y zy z"


@screen_test
async def test_a_secret_that_is_cut_is_not_kept() -> None:
    async with room() as it:
        for text in ("/register sesame", "/join den sesame", "/j den sesame"):
            await it.type(text, "ctrl+w", "ctrl+u", "ctrl+y")
            assert "sesame" not in it.app.composer.text
            await it.pilot.press("ctrl+u")


@screen_test
async def test_all_the_keys_for_another_conversation() -> None:
    async with room() as it:
        await it.hear(*(joined(room=f"#r{n}", own=True, count=1) for n in range(2, 12)))
        await send(it, "\x1b0")
        await it.shows("›0 #r10")
        await send(it, "\x1b[1;3C")
        await it.shows("#r11>")
        await send(it, "\x1b[1;3D\x1b[1;3D")
        await it.shows("›9 #r9")


@screen_test
async def test_when_all_is_read_one_is_led_back() -> None:
    async with room() as it:
        await it.hear(*(joined(room=f"#r{n}", own=True, count=1) for n in (2, 3, 4)))
        await it.hear(message(1, "x", room="#r2"), message(1, "alice: y", room="#r4"))
        for there in ("#r4", "#r2", "#lobby", "#lobby"):
            await it.pilot.press("alt+a")
            await it.shows(f"{there}>")
        await it.hear(message(2, "x", room="#r2"))
        await it.pilot.press("alt+a", "alt+3", "alt+a")
        await it.shows("#r3>")
