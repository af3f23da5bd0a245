"""The whole screen in each of its states, as it stands in `snapshots/`.

After a change that is meant: UPDATE_SNAPSHOTS=1 pytest tests/unit/client/fullscreen/test_snapshots.py, and look at what
`git diff` shows.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events

from client import events as ev
from tests.unit.client.fullscreen.test_app import Room, room
from tests.unit.client.fullscreen.world import DAY, NOON, joined, message
from wire.codes import Code
from wire.frames import Member

KEPT = Path(__file__).parent / "snapshots"
State = Callable[[Room], Awaitable[None]]
STATES: dict[str, tuple[State, tuple[int, int]]] = {}


def state(columns: int = 80, rows: int = 24) -> Callable[[State], State]:
    def kept(body: State) -> State:
        STATES[body.__name__] = body, (columns, rows)
        return body

    return kept


@state()
async def first_screen(it: Room) -> None:
    await it.shows("F1 lists")


@state()
async def talk(it: Room) -> None:
    await it.hear(
        message(1, "hello"),
        message(2, "alice: see https://example.org/a?b=c, it is a long line that has to go on in the next row"),
        message(3, "漢字かな交じり文 👩‍👩‍👧 é e̊ 한국어", nick="eve"),
        message(4, "مرحبا بالعالم (123) שלום", nick="eve"),
        message(5, "waves", action=True),
        joined("zoe"),
        ev.LeftEvent("#lobby", "eve", "s-eve", NOON, "expired"),
        ev.TopicEvent("#lobby", "bob", "tea at four", NOON),
        ev.AnnounceEvent("back in five minutes", NOON, None, "*1", "e9", 1),
        message(6, "good morning", time=NOON + DAY),
    )
    await it.shows("back in five minutes", "Sunday", "good morning")


@state()
async def what_became_of_ones_own(it: Room) -> None:
    for text in ("accepted", "pending", "refused", "doubtful"):
        await it.type(text, "enter")
    first = it.chat.tickets - 3
    await it.hear(
        message(1, "accepted", nick="alice", session="s-alice", own=True),
        ev.RefusedEvent(first + 2, "#lobby", "refused", Code.MUTED, "you are muted here"),
        ev.MaybeLost((ev.Doubtful(first + 3, "#lobby", "doubtful"),)),
    )
    await it.shows("alice ✗  refused", "alice ?  doubtful")


@state()
async def in_private(it: Room) -> None:
    await it.type("/msg bob", "enter")
    for text in ("received", "accepted", "undelivered"):
        await it.type(text, "enter")
    first = it.chat.tickets - 2
    await it.hear(
        *(ev.AcceptedEvent(first + n, n + 1, "@bob", "x", "@bob", "e2", n + 1, NOON) for n in range(3)),
        ev.ReceiptEvent(1, "bob", "received", NOON, ticket=first),
        ev.ReceiptEvent(3, "bob", "undelivered", NOON, ticket=first + 2),
        message(9, "got it", room=None),
    )
    await it.shows("✓✓ received", "✗  undelivered", "got it")


@state()
async def unread_and_named_elsewhere(it: Room) -> None:
    for name in ("#ops", "#quiet", "#noise"):
        await it.hear(joined(room=name, own=True, count=1))
    it.app.model.mute(["#noise"])
    await it.hear(
        message(1, "x", room="#ops"), message(2, "alice?", room="#ops"), message(1, "psst", room=None, nick="robert"),
        *(message(n, room="#noise") for n in range(1, 1200)),
    )  # fmt: skip
    await it.shows("#ops        !2", "999+")


@state(120, 20)
async def members_and_their_presence(it: Room) -> None:
    people = [Member(nick, f"s-{nick}", "n1") for nick in ("alice", "bob", "dora", "eve")]
    await it.hear(ev.MembersEvent("#lobby", tuple(people), ticket=it.chat.tickets))
    await it.hear(
        ev.PresenceHint("#lobby", "bob", "s-bob", True, "away", "lunch"),
        ev.PresenceHint("#lobby", "eve", "s-eve", True, "reconnecting"),
    )
    await it.shows("○ bob away", "~ eve reconnect")


@state()
async def reconnecting(it: Room) -> None:
    it.chat.pending = 3
    await it.hear(ev.Disconnected("n1", "reset"))
    await it.shows("reconnecting… (3 unsent)")


@state()
async def no_node(it: Room) -> None:
    await it.hear(ev.Disconnected("n1", "reset"), ev.Searching(4.0, "connection refused"))
    await it.shows("no node reachable")


@state()
async def moved(it: Room) -> None:
    await it.hear(message(812), ev.Disconnected("n1", "reset"), ev.Moved("n3", "n1", True))
    await it.shows("● n3 · moved to n3", "complete to #812")


@state(100, 20)
async def something_may_be_missing(it: Room) -> None:
    await it.hear(message(812), ev.GapEvent("#lobby", 812, 813, 815), message(816))
    await it.shows("813-815 may be missing", "text 816")


@state()
async def scrolled_up(it: Room) -> None:
    await it.hear(*(message(n) for n in range(1, 61)))
    await it.shows("text 60")
    await it.pilot.press("pageup")
    await it.hear(message(61), message(62))
    await it.shows("2 new")


@state()
async def searched(it: Room) -> None:
    await it.hear(message(1, "a needle here"), message(2, "hay"), message(3, "another Needle"))
    await it.type("/search needle", "enter")
    await it.shows("match 1 of 2")


@state()
async def helped(it: Room) -> None:
    await it.pilot.press("f1")
    await it.shows("/join")


@state()
async def asked_about_a_paste(it: Room) -> None:
    it.app.composer.post_message(events.Paste("one\ntwo\nthree"))
    await it.shows("You pasted 3 lines")


@state()
async def a_password_is_typed(it: Room) -> None:
    await it.type("/register open sesame")
    await it.shows("••••")


@state()
async def on_a_narrow_screen(it: Room) -> None:
    await it.pilot.resize_terminal(40, 14)
    await it.hear(message(1, "hello alice, how is it on so small a screen"), message(2, "漢字かな交じり文 wraps too"))
    await it.shows("too", "#lobby>")


@state()
async def without_colour(it: Room) -> None:
    await it.hear(joined(room="#ops", own=True, count=1), message(1, "x", room="#ops"), message(1, "hello alice"))
    await it.hear(ev.Disconnected("n1", "reset"))
    await it.shows("hello alice", "○ reconnecting")


def seen(it: Room, *, painted: bool) -> str:
    """The screen; `painted`: below each row what is bold, dim, reverse or underlined in it."""
    found = []
    for row, strip in zip(it.rows, it.app.screen._compositor.render_strips(), strict=True):
        found.append(row.rstrip())
        if painted:
            paint = "".join(_paint(one.style) * one.cell_length for one in strip if not one.control)
            found.append(f"  ~{paint.rstrip()}")
    return "\n".join(found) + "\n"


def _paint(style: object) -> str:
    signs = {"reverse": "R", "bold": "B", "underline": "U", "dim": "D"}
    return next((sign for name, sign in signs.items() if getattr(style, name, False)), " ")


@pytest.mark.parametrize("name", list(STATES))
def test_the_screen_is_as_it_was(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body, (columns, rows) = STATES[name]
    painted = name == "without_colour"
    if painted:
        monkeypatch.setenv("NO_COLOR", "1")

    async def look() -> str:
        async with room(columns, rows) as it:
            await body(it)
            await it.pilot.pause()
            return seen(it, painted=painted)

    shown, kept = asyncio.run(look()), KEPT / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        kept.write_text(shown)
    assert shown == kept.read_text()


def test_there_are_no_others() -> None:
    assert {one.stem for one in KEPT.glob("*.txt")} == set(STATES)
