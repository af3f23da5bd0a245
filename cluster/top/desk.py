"""What keys do. Pure: what reaches beyond the screen is asked of `Effects`. One thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cluster.top import columns
from cluster.top.book import Book, NodeLine, RoomLine, UserLine
from cluster.top.facts import NODES, ROOMS, USERS, Reading, Want
from cluster.top.grid import Grid
from cluster.top.notes import Notes
from cluster.top.questions import DrainQuestion, Effects, KickQuestion, Question
from cluster.top.table import Table

INTERVALS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
LIST, DETAILS, HELP = "list", "details", "help"
FAR = 1_000_000


class Desk:
    """`page`: rows of the list that can be seen, as the screen says."""

    def __init__(self, effects: Effects, interval: float, view: str = NODES) -> None:
        self._effects = effects
        self.book, self.notes = Book(), Notes()
        self.interval, self.view, self.mode = interval, view, LIST
        self.question: Question | None = None
        self.page, self.width = 10, 80
        self.scroll = 0
        """Rows of the details or the help that are above the screen."""
        tables: Mapping[str, Table[Any]] = {
            NODES: Table(columns.NODES),
            ROOMS: Table(columns.ROOMS),
            USERS: Table(columns.USERS),
        }
        self.grids = {name: Grid(table) for name, table in tables.items()}
        self.asking = ""
        """What the line below the screen is for; '' where there is none."""
        self._detail: str | None = None
        self._keys = self._bound()

    # -- what is there --------------------------------------------------------------------

    @property
    def grid(self) -> Grid:
        return self.grids[self.view]

    @property
    def table(self) -> Table[Any]:
        return self.grid.table

    @property
    def detail(self) -> Any:
        """The line whose details are open, as it is now; None: it is gone."""
        return next((line for line in self._lines() if line.key == self._detail), None)

    @property
    def opened(self) -> str:
        """Key of the line whose details are open; '' where none are."""
        return self._detail or ""

    def _lines(self) -> list[Any]:
        return self.book.lines(self.view)

    def take(self, reading: Reading) -> None:
        """The next reading."""
        self.book.take(reading)
        self.table.take(self._lines())

    # -- keys -----------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """By Textual's names. Whether it meant anything."""
        if self.question is not None:
            if self.question.answer(key):
                self.question = None
            return True
        found = self._keys.get(key)
        if found is not None:
            found()
        return found is not None

    def _bound(self) -> dict[str, Callable[[], None]]:
        return {
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "pageup": lambda: self._move(-self.page),
            "pagedown": lambda: self._move(self.page),
            "home": lambda: self._choose(0),
            "g": lambda: self._choose(0),
            "end": lambda: self._choose(-1),
            "G": lambda: self._choose(-1),
            "left": lambda: self.grid.shift(-1),
            "right": lambda: self.grid.shift(1),
            "n": lambda: self.go(NODES),
            "r": lambda: self.go(ROOMS),
            "u": self._go_users,
            "enter": self._enter,
            "escape": self._back,
            "slash": lambda: self._effects.ask_filter(self.table.filter),
            "s": lambda: self._sort(1),
            "greater_than_sign": lambda: self._sort(1),
            "less_than_sign": lambda: self._sort(-1),
            "S": self._turn,
            "d": self._ask_drain,
            "k": self._ask_kick,
            "plus": lambda: self._pace(-1),
            "equals_sign": lambda: self._pace(-1),
            "minus": lambda: self._pace(1),
            "space": self._effects.hurry,
            "x": self.notes.forget,
            "question_mark": self._help,
            "f1": self._help,
            "q": self._effects.leave,
        }

    def go(self, view: str, filtered: str | None = None) -> None:
        """To a list; `filtered`: with this filter."""
        self.view = view
        self._open(LIST)
        self.table.take(self._lines())
        if filtered is not None:
            self.table.set_filter(filtered)
        self._effects.want(Want(view))

    def _move(self, by: int) -> None:
        if self.mode == LIST:
            self.table.move(by)
        else:
            self.scroll = max(0, self.scroll + by)

    def _choose(self, place: int) -> None:
        if self.mode == LIST:
            self.table.choose(place)
        else:
            self.scroll = 0 if place == 0 else FAR

    def _open(self, mode: str, detail: str | None = None) -> None:
        self.mode, self._detail, self.scroll = mode, detail, 0

    def _go_users(self) -> None:
        """Out of the details of a node or a room: to its users."""
        line = self.detail if self.mode == DETAILS else None
        if isinstance(line, NodeLine):
            self.go(USERS, f"node={line.row.node}")
        elif isinstance(line, RoomLine):
            self.go(USERS, f"rooms={line.row.room}")
        else:
            self.go(USERS)

    def _turn(self) -> None:
        if self.mode == LIST:
            self.table.turn()

    def _sort(self, by: int) -> None:
        if self.mode == LIST:
            self.table.sort(self.table.sorted_by + by)
            self.grid.show_column(self.table.sorted_by, self.width)

    def _enter(self) -> None:
        line = self.table.chosen
        if self.mode != LIST:
            self._back()
        elif line is not None:
            self._open(DETAILS, line.key)
            self._effects.want(Want(self.view, line.key if self.view == ROOMS else ""))

    def _back(self) -> None:
        """Out of what is open, or else without the filter."""
        if self.mode == LIST:
            self.table.set_filter("")
        elif self.mode == DETAILS:
            self._effects.want(Want(self.view))
        self._open(LIST)

    def _help(self) -> None:
        if self.mode == DETAILS:
            self._effects.want(Want(self.view))
        self._open(LIST if self.mode == HELP else HELP)

    def _pace(self, by: int) -> None:
        """To the next longer or shorter of `INTERVALS`."""
        near = [one for one in INTERVALS if (one > self.interval if by > 0 else one < self.interval)]
        if near:
            self.interval = near[0 if by > 0 else -1]
            self._effects.pace(self.interval)

    # -- acts -----------------------------------------------------------------------------

    def _pointed_at(self) -> Any:
        """The line that an act is about."""
        return self.detail if self.mode == DETAILS else self.table.chosen if self.mode == LIST else None

    def _ask_drain(self) -> None:
        line = self._pointed_at()
        if isinstance(line, NodeLine) and line.row.alive:
            self.question = DrainQuestion(line, self._effects)

    def _ask_kick(self) -> None:
        line = self._pointed_at()
        if isinstance(line, UserLine):
            self._effects.ask_reason(line.row.nick)

    def reason_given(self, nick: str, reason: str) -> None:
        """What was asked for with `ask_reason`: now whether it is meant."""
        self.question = KickQuestion(nick, reason, self._effects)
