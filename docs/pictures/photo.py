"""Textual programs as they run, and what is done at their screens."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import TextArea

from docs.pictures.picture import picture

PATIENCE = 30.0
MORNING = 9 * 3600 + 41 * 60
DAY = 24 * 3600

Act = Callable[["Screen"], Awaitable[None]]


class Screen:
    """A running program, without a terminal. Textual's thread."""

    def __init__(self, app: App[Any], pilot: Pilot[Any]) -> None:
        self.app, self._pilot = app, pilot

    @property
    def text(self) -> str:
        """What is on it."""
        widgets = [one for one in self.app.screen.walk_children(Widget) if not one.children and one.display]
        return "\n".join(one.render_line(y).text for one in widgets for y in range(one.size.height))

    async def shows(self, *texts: str) -> None:
        """Waits until all of them are on it. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        while missing := [text for text in texts if text not in self.text]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{missing} not on the screen:\n{self.text}")
            await self._pilot.pause(0.02)

    async def keys(self, *names: str) -> None:
        """As they are pressed."""
        await self._pilot.press(*names)

    async def do(self, work: Callable[[], object]) -> None:
        """What blocks, while the screen goes on."""
        await asyncio.get_running_loop().run_in_executor(None, work)


def taken(app: App[Any], size: tuple[int, int], title: str, act: Act) -> str:
    """Runs the program in `size` (columns, rows), lets `act` do something with it, and gives the picture of what is
    there then."""
    found: list[str] = []

    async def drive() -> None:
        async with app.run_test(size=size) as pilot:
            for area in app.query(TextArea):
                area.cursor_blink = False
            await act(Screen(app, pilot))
            await pilot.pause()
            found.append(picture(app, title))

    asyncio.run(drive())
    return found[0]


def set_clock() -> None:
    """It is 09:41 now, in a time zone of the pictures' own: a picture taken again shows the same times."""
    behind = (int(time.time()) - MORNING) % DAY
    os.environ["TZ"] = f"PIC{behind // 3600}:{behind % 3600 // 60:02}:{behind % 60:02}"
    time.tzset()
