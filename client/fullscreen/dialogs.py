"""What lies over the screen: the help, and the question what to do with pasted lines."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from client.fullscreen.cells import fit, shown
from client.fullscreen.commands import COMMANDS, KEYS, OTHERS

CLOSE = ("escape", "q", "f1", "enter")


class Help(ModalScreen[None]):
    """All commands and keys."""

    CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 90%; max-width: 110; height: 90%; background: $surface;
      padding: 0 1; border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding(",".join(CLOSE), "dismiss", "close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Help"
            box.border_subtitle = "Up, Down, PageUp, PageDown; Esc closes"
            yield Static(help_text())

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(result)


def help_text() -> Text:
    text = Text()
    commands = [(f"/{one.name} {one.usage}".rstrip(), one.help + _also(one.aliases)) for one in COMMANDS]
    for title, table in (("Commands", (*OTHERS, *commands)), ("Keys", KEYS)):
        text.append(f"{title}\n", "bold")
        for what, does in table:
            text.append(f"  {fit(what, 26)}", "bold")
            text.append(f" {does}\n")
        text.append("\n")
    return text


def _also(aliases: tuple[str, ...]) -> str:
    return f" (also {', '.join(f'/{one}' for one in aliases)})" if aliases else ""


class PasteQuestion(ModalScreen[str]):
    """The answer: "send" as one message, "lines" each for itself, "edit" first, or "" not at all."""

    CSS = """
    PasteQuestion { align: center middle; }
    PasteQuestion > Static { width: 90%; max-width: 76; height: auto; max-height: 90%; background: $surface;
      padding: 0 1; border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,s", "answer('send')", "one message"),
        Binding("l", "answer('lines')", "line by line"),
        Binding("e", "answer('edit')", "edit"),
        Binding("escape,n,q", "answer('')", "no"),
    ]

    def __init__(self, text: str, where: str) -> None:
        super().__init__()
        self._text, self._where = text, where

    def compose(self) -> ComposeResult:
        lines = self._text.split("\n")
        text = Text(f"You pasted {len(lines)} lines. To {shown(self._where)}?\n\n", "bold")
        for line in lines[:5]:
            text.append(f"│ {fit(shown(line), 60).rstrip()}\n", "not bold dim")
        text.append("│ …\n" if len(lines) > 5 else "", "not bold dim")
        text.append("\nEnter, s   send as one message\nl          each line as a message\n", "not bold")
        text.append("e          edit it first\nEsc, n     forget it", "not bold")
        yield Static(text)

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)
