"""The conversations with what is unread, and the members of the room."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from client.fullscreen.cells import fit, nick_width, shown, width as cells
from client.fullscreen.conversation import Conversation
from client.fullscreen.lines_widget import Lines
from client.fullscreen.model import Model
from client.fullscreen.people import SIGNS, Person
from client.fullscreen.rows import Row, Span, short

LEAST_OF_A_WORD = 6


class Side(Lines):
    """On the left; `with_members`: also who is here, where there is no column for them."""

    def __init__(self, model: Model, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model
        self.with_members = True
        self._first = self._shown = 0  # which of the conversations are on the screen

    def draw(self, width: int, height: int) -> Sequence[Row]:
        listed = self._model.listed()
        at = listed.index(self._model.current)
        most = max(1, height // 2 if self.with_members and len(listed) > height // 2 else height)
        seen = most if len(listed) <= most else max(1, most - 1)  # one row tells of the others
        self._first = max(0, min(at - seen + 1, len(listed) - seen))
        last = self._first + seen
        found = [self._row(n, one, width) for n, one in enumerate(listed[self._first : last], self._first + 1)]
        self._shown = len(found)
        if seen < most < len(listed):
            found.append(self._others([*listed[: self._first], *listed[last:]], width))
        if self.with_members and len(found) + 2 < height and not self._model.current.private:
            found.append((Span("─" * (width - 1) + "┤", "rule"),))
            found += members(self._model, width - 1, height - len(found), rule=True)
        return [*found, *[(Span(" " * (width - 1) + "│", "rule"),)] * (height - len(found))]

    def _row(self, number: int, one: Conversation, width: int) -> Row:
        unread = unread_count(one.unread, mentions=one.mentions > 0)
        mark = "›" if one is self._model.current else " "
        label = f"{mark}{number % 10} " if number <= 10 else f"{mark}  "
        name = fit(shown(one.title), max(1, width - len(label) - len(unread) - 2))
        role = (
            "current" if one is self._model.current else "mention" if one.mentions else "unread" if unread else "text"
        )
        muted = "-" if one.key in self._model.muted else " "
        return (Span(label + name + muted + unread, role), Span("│", "rule"))

    @staticmethod
    def _others(hidden: Sequence[Conversation], width: int) -> Row:
        """Those for which there is no row, and what is unread among them."""
        mentions, unread = any(one.mentions for one in hidden), sum(one.unread for one in hidden)
        news = unread_count(unread, mentions=mentions)
        text = fit(f"   {len(hidden)} more", width - 2 - len(news)) + f" {news}"
        return (Span(text, "mention" if mentions else "unread" if unread else "dim"), Span("│", "rule"))

    def on_click(self, event: events.Click) -> None:
        if event.y < self._shown:
            self.app.action_go(event.y + self._first + 1)  # type: ignore[attr-defined]


def unread_count(unread: int, *, mentions: bool) -> str:
    """ "" where there is nothing."""
    return ("!" if mentions else "") + (f"{unread}" if unread < 1000 else "999+") if unread else ""


class Members(Lines):
    """On the right, where there is room."""

    def __init__(self, model: Model, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model

    def draw(self, width: int, height: int) -> Sequence[Row]:
        found = members(self._model, width - 1, height, rule=False)
        blank: Row = (Span(""),)
        rows = [*found, *[blank] * (height - len(found))]
        return [(Span("│", "rule"), *row) for row in rows]


def members(model: Model, width: int, height: int, *, rule: bool) -> list[Row]:
    """Who is in the room on the screen: their presence is a sign, and a word where it fits."""
    people = model.current.people.listed()
    most = height if len(people) <= height else height - 1
    found = [_person(one, width) for one in people[: max(most, 0)]]
    if len(people) > most:
        found.append((Span(fit(f" and {len(people) - most} more", width), "dim"),))
    return [(*row, Span("│", "rule")) for row in found] if rule else found


def _person(one: Person, width: int) -> Row:
    sign = SIGNS.get(one.state, "?")
    nick = short(shown(one.nick), min(nick_width(one.nick), width - 3))
    word = "" if one.state == "here" else f" {one.state}"
    room = width - 3 - cells(nick)
    word = word if len(word) <= room else fit(word, room) if room >= LEAST_OF_A_WORD else ""
    role = ("nick", one.nick) if one.state == "here" else ("dim", "")
    return (Span(f" {sign} ", "received" if one.state == "here" else "gap"), Span(fit(nick + word, width - 3), *role))
