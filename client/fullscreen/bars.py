"""The line above the messages and the one below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from client.fullscreen.cells import fit, shown, width as cells
from client.fullscreen.lines_widget import Lines
from client.fullscreen.model import Model
from client.fullscreen.rows import Row, Span
from client.fullscreen.side import unread_count

MOST_ELSEWHERE = 4


class Head(Lines):
    """Where one is: name, topic, how many are here."""

    def __init__(self, model: Model, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model

    def draw(self, width: int, height: int) -> Sequence[Row]:
        here = self._model.current
        if here.private:
            right = self._presence(here.title[1:])
        else:
            outside = "entering…" if here.key in self._model.wanted else "not in this room"
            right = f"{len(here.people)} here" if here.present else outside
        name = f" {shown(here.title)}"
        topic = f" · {shown(here.topic)}" if here.topic else ""
        room = width - cells(name) - len(right) - 3
        return [(Span(name, "bold"), Span(fit(topic, max(0, room))), Span(f"  {right} ", "dim"))]

    def _presence(self, nick: str) -> str:
        states = [one.people.state_of(nick) for one in self._model.listed() if not one.private]
        return next((state for state in states if state), "in none of your rooms")


class State(Lines):
    """How the line stands, how complete the conversation is; on a good line what was found of something searched."""

    def __init__(
        self,
        model: Model,
        search: Callable[[], str],
        now: Callable[[], float],
        alone: Callable[[], bool] = lambda: False,
        *,
        id: str,  # noqa: A002
    ) -> None:
        """`alone`: whether nothing else tells what is unread elsewhere."""
        super().__init__(id=id)
        self._model, self._search, self._now, self._alone = model, search, now, alone

    def draw(self, width: int, height: int) -> Sequence[Row]:
        model, here = self._model, self._model.current
        line = model.line.text(self._now(), model.unsent)
        left = (self._search() or line) if model.line.well else line  # a search must not hide that the line is broken
        sign = "●" if model.line.well else "○"
        news = unread_elsewhere(model) if self._alone() else ""
        right = here.gap or (f"complete to #{here.top}" if here.top else "")
        who = shown(model.nick) + (f" ({shown(model.away)})" if model.away else "")
        right = f"{who} · {right}" if right else who
        room = width - cells(right) - cells(news) - 6
        if room < 24:
            right, room = "", width - cells(news) - 4
        return [
            (
                Span(f" {sign} ", "received" if model.line.well else "gap"),
                Span(news, "unread"),
                Span(fit(shown(left), room), "text" if model.line.well else "gap"),
                Span(f"  {right} " if right else "", "gap" if here.gap else "dim"),
            )
        ]


def unread_elsewhere(model: Model) -> str:
    """Numbers of conversations and how much is unread there, mentions first."""
    listed = enumerate(model.listed(), 1)
    waiting = sorted(((n, one) for n, one in listed if one.unread), key=lambda found: not found[1].mentions)
    counts = [f"{n}:{unread_count(one.unread, mentions=one.mentions > 0)}" for n, one in waiting[:MOST_ELSEWHERE]]
    more = "… " if len(waiting) > MOST_ELSEWHERE else ""
    return f"[{' '.join(counts)}] {more}" if counts else ""


class Prompt(Lines):
    """Where what is typed goes."""

    def __init__(self, model: Model, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model

    @property
    def text(self) -> str:
        title = shown(self._model.current.title)
        return f" {title if cells(title) <= 16 else fit(title, 16)}> "

    def draw(self, width: int, height: int) -> Sequence[Row]:
        return [(Span(self.text, "bold"),)]
