"""A list with one line chosen: sorted, filtered, and looked at through a window. Pure; one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from cluster.top.columns import Column


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


L = TypeVar("L", bound=Keyed)


class Table(Generic[L]):
    """`shown`: the lines that the filter lets through, sorted. The chosen line is kept by its key while others come and
    go around it; where it goes itself, the one that comes to its place is chosen. Until somebody chooses, the first."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.shown: list[L] = []
        self.filter = ""
        self.sorted_by = 0
        self.turned = False
        """Whether the order is the opposite of the column's own."""
        self.top = 0
        """The first line of the window."""
        self._lines: Sequence[L] = ()
        self._key: str | None = None
        self._place = 0

    @property
    def total(self) -> int:
        """Lines without the filter."""
        return len(self._lines)

    @property
    def place(self) -> int:
        """Of the chosen line in `shown`; 0 where there is none."""
        return self._place

    @property
    def chosen(self) -> L | None:
        return self.shown[self._place] if self.shown else None

    def take(self, lines: Sequence[L]) -> None:
        """The lines as they are now."""
        self._lines = lines
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Words that a line must all have in its texts; `column=word` wants just that word in that column."""
        self.filter = text
        self._arrange()

    def sort(self, column: int) -> None:
        """By that column, in its own order."""
        self.sorted_by, self.turned = column % len(self.columns), False
        self._arrange()

    def turn(self) -> None:
        """The other way round."""
        self.turned = not self.turned
        self._arrange()

    def move(self, by: int) -> None:
        """Chooses the line so many further down; stays within the list."""
        self._choose(self._place + by)

    def choose(self, place: int) -> None:
        """Chooses the line at that place; -1: the last."""
        self._choose(place if place >= 0 else len(self.shown) - 1)

    def window(self, height: int) -> Sequence[L]:
        """The lines that fit, the chosen one among them."""
        self.top = max(self._place - height + 1, min(self.top, self._place))
        self.top = max(0, min(self.top, len(self.shown) - height))
        return self.shown[self.top : self.top + max(0, height)]

    def _choose(self, place: int) -> None:
        self._place = max(0, min(place, len(self.shown) - 1))
        self._key = self.shown[self._place].key if self.shown else None

    def _arrange(self) -> None:
        words = [_Word(word, self.columns) for word in self.filter.casefold().split()]
        found = [line for line in self._lines if all(word.fits(line) for word in words)]
        self.shown = self._in_order(found)
        if self._key is None:
            self._place = 0
            return
        places = (place for place, line in enumerate(self.shown) if line.key == self._key)
        place = next(places, None)
        if place is not None:
            self._place = place
        elif self.shown:
            self._choose(self._place)
        else:
            self._place = 0  # the key stays: its line may come back when the filter does not hide it

    def _in_order(self, lines: list[L]) -> list[L]:
        """What has no value comes last either way; the same value in order of the first column."""
        column, first = self.columns[self.sorted_by], self.columns[0]
        lines.sort(key=lambda line: str(first.value(line)))
        known = [line for line in lines if column.value(line) is not None]
        value: Callable[[L], Any] = column.value
        known.sort(key=value, reverse=column.number != self.turned)
        return known + [line for line in lines if column.value(line) is None]


class _Word:
    """One word of a filter: within any text of a line, or one whole word of the column that it names."""

    def __init__(self, word: str, columns: Sequence[Column]) -> None:
        title, mark, text = word.partition("=")
        self._exactly = next((column for column in columns if mark and column.title == title), None)
        self._columns = columns
        self._text = text if self._exactly else word

    def fits(self, line: object) -> bool:
        column = self._exactly
        if column is not None:
            value = column.value(line)
            shown = value if isinstance(value, str) else column.text(line)
            return self._text in (shown, *shown.split())
        values = (column.value(line) for column in self._columns)
        return any(isinstance(value, str) and self._text in value for value in values)
