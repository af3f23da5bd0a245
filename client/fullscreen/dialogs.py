"""What lies over the screen: the help, and the question what to do with pasted lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, TypeVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from client.fullscreen.cells import fit, shown, wrap
from client.fullscreen.commands import COMMANDS, KEYS, OTHERS
from client.fullscreen.lines_widget import Lines
from client.fullscreen.rows import Row, Span

LEFT = 27
Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """`typed_on`: gets the keys that come behind the one that closes it, in one packet or over a slow line: they were
    meant for who types."""

    def __init__(self, typed_on: Callable[[events.Key], object]) -> None:
        super().__init__()
        self._typed_on = typed_on
        self._is_over = False

    def on_key(self, event: events.Key) -> None:
        event.stop()
        if self._is_over:
            self._typed_on(events.Key(event.key, event.character))
        else:
            self.pressed(event.key)

    def pressed(self, key: str) -> None:
        """Until it is closed."""
        raise NotImplementedError

    def close(self, answer: Answer) -> None:
        self._is_over = True
        self.dismiss(answer)


class HelpRows(Lines):
    """All commands and keys. `first`: the uppermost row."""

    first = 0

    def draw(self, width: int, height: int) -> Sequence[Row]:
        rows = list(help_rows(width))
        self.first = max(0, min(self.first, len(rows) - height))
        return rows[self.first : self.first + height]


class Help(Dialog[None]):
    """Any key that does not scroll closes it."""

    CSS = """
    Help { align: center middle; background: $background 60%; }
    Help > HelpRows { width: 94%; max-width: 110; height: 94%; background: $surface; padding: 0 1;
      border: round $primary; }
    """
    _STEPS: ClassVar[dict[str, int]] = {
        "up": -1, "down": 1, "pageup": -15, "pagedown": 15, "space": 15, "home": -10_000, "end": 10_000,
    }  # fmt: skip

    def compose(self) -> ComposeResult:
        self._rows = HelpRows(id="help")
        self._rows.border_title = "Help"
        self._rows.border_subtitle = "Up, Down, PageUp, PageDown · Esc closes"
        yield self._rows

    def pressed(self, key: str) -> None:
        if key in self._STEPS:
            self._rows.first += self._STEPS[key]
            self._rows.repaint()
        else:
            self.close(None)

    def on_mouse_scroll_up(self) -> None:
        self._rows.first -= 3
        self._rows.repaint()

    def on_mouse_scroll_down(self) -> None:
        self._rows.first += 3
        self._rows.repaint()


def help_rows(columns: int) -> Iterator[Row]:
    commands = [(f"/{one.name} {one.usage}".rstrip(), one.help + _also(one.aliases)) for one in COMMANDS]
    for title, table in (("Commands", (*OTHERS, *commands)), ("Keys", KEYS)):
        yield (Span(title, "bold"),)
        for what, does in table:
            if columns < 2 * LEFT:
                yield (Span(fit(f" {what}", columns), "bold"),)
                yield from ((Span(f"    {does[start:end]}"),) for start, end in wrap(does, columns - 4))
                continue
            for start, end in wrap(does, columns - LEFT):
                yield (Span(fit("" if start else f" {what}", LEFT), "bold"), Span(does[start:end]))
        yield (Span(""),)


def _also(aliases: tuple[str, ...]) -> str:
    return f" (also {', '.join(f'/{one}' for one in aliases)})" if aliases else ""


class PasteQuestion(Dialog[str]):
    """The answer: "send" as one message, "lines" each for itself, "edit" first, or "" not at all."""

    CSS = """
    PasteQuestion { align: center middle; background: $background 60%; }
    PasteQuestion > Static { width: 90%; max-width: 76; height: auto; max-height: 90%; background: $surface;
      padding: 0 1; border: round $primary; }
    """
    # Nothing that one may type on with sends or drops anything.
    _ANSWERS: ClassVar[dict[str, str]] = {"enter": "send", "L": "lines", "e": "edit", "E": "edit", "escape": ""}

    def __init__(self, text: str, where: str, typed_on: Callable[[events.Key], object]) -> None:
        super().__init__(typed_on)
        self._text, self._where = text, where

    def compose(self) -> ComposeResult:
        lines = self._text.split("\n")
        text = Text(f"You pasted {len(lines)} lines. To {shown(self._where)}?\n\n", "bold")
        for line in lines[:5]:
            text.append(f"│ {fit(shown(line), 60).rstrip()}\n", "not bold dim")
        text.append("│ …\n" if len(lines) > 5 else "", "not bold dim")
        text.append("\nEnter      send as one message\nL          each line as a message\n", "not bold")
        text.append("e          edit it first\nEsc        forget it", "not bold")
        yield Static(text)

    def pressed(self, key: str) -> None:
        if key in self._ANSWERS:
            self.close(self._ANSWERS[key])
