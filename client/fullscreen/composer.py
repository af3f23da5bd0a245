"""Where one types: several lines, completion, what was typed before, secrets as bullets."""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widgets import TextArea

from client.fullscreen.composing import Completion, Cuttings, Typing, completion
from client.fullscreen.entry import Kind
from client.fullscreen.keys import ESCAPED
from client.fullscreen.model import Model
from client.terminal.secrets import masked, secret
from wire.text import MAX_TEXT, harmless, strip_plain


def _editing() -> Iterator[tuple[str, tuple[str, tuple[bool, ...]]]]:
    """Key -> action of a TextArea, with what it is given."""
    for binding in TextArea.BINDINGS:
        if isinstance(binding, Binding):
            name, _, given = binding.action.partition("(")
            for key in binding.key.split(","):
                yield key, (name, (True,) if given == "True)" else ())


_EDITING = {**dict(_editing()), "alt+d": ("delete_word_right", ())}
HINT = "type here; F1 lists keys and commands"
LONGEST_PASTE = 4 * MAX_TEXT
"""What is longer can't be said, nor edited: each key would take a second."""
_CUTS = ("delete_word_left", "delete_word_right", "delete_to_start_of_line", "delete_to_end_of_line_or_delete_line")
_JOINERS = "\u200c\u200d"


def _unprintable_text(char: str) -> bool:
    """Whether it is text although Python has no picture of it: the wide space of Japanese, the joiners of Persian."""
    return len(char) == 1 and not char.isascii() and (char in _JOINERS or unicodedata.category(char) == "Zs")


class Composer(TextArea):
    """`send`: gets what was typed. `ask_paste`: gets a pasted text of several lines.
    `leave`: Ctrl-D where nothing is typed. `keys`: what other keys do."""

    ALLOW_SELECT = False

    def __init__(
        self,
        model: Model,
        *,
        send: Callable[[str], object],
        ask_paste: Callable[[str], None],
        leave: Callable[[], None],
        keys: Mapping[str, Callable[[], object]],
        id: str,  # noqa: A002
    ) -> None:
        super().__init__(id=id, soft_wrap=True, compact=True, highlight_cursor_line=False, placeholder=HINT)
        self.cursor_blink = False  # it would paint twice a second, also over ssh
        self._model, self._send, self._ask_paste, self._leave = model, send, ask_paste, leave
        self.typing = Typing()
        self._cuttings = Cuttings()
        self._walk: Completion | None = None
        self._others = keys
        self._keys: dict[str, Callable[[], bool]] = {
            "enter": self._enter,
            "ctrl+j": self._new_line,
            "alt+enter": self._new_line,
            "shift+enter": self._new_line,
            "tab": lambda: self._complete(1),
            "shift+tab": lambda: self._complete(-1),
            "up": self._up,
            "down": self._down,
            "ctrl+d": self._end,
            "ctrl+y": self._yank,
        }

    def write(self, text: str) -> None:
        """Replaces what is there; the cursor goes to the end."""
        self._walk = None
        self.load_text(text)
        self.move_cursor(self.document.end)

    def get_line(self, line_index: int) -> Text:
        """What is painted: never a secret, nor what moves the cursor or turns the line."""
        line = self.document.get_line(line_index)
        if line_index == 0:
            line = masked(line)
        elif secret(self.text):
            line = "•" * len(line)
        return Text(harmless(line), end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        doing = self._keys.get(event.key)
        if event.key not in ("tab", "shift+tab"):
            self._walk = None
        if _EDITING.get(event.key, ("", ()))[0] not in _CUTS:
            self._cuttings.leave_off()
        other = self._others.get(event.key)
        if other is not None:
            other()
        if other is not None or (doing is not None and doing()) or self._typed(event) or await self._edited(event.key):
            event.stop()
            event.prevent_default()

    def _typed(self, event: events.Key) -> bool:
        """What a TextArea would not take for text."""
        char = event.character or ""
        if event.key in ESCAPED:
            self._others["escape"]()
            char = ESCAPED[event.key]
        elif not _unprintable_text(char):
            return False
        self.insert(char)
        return True

    async def _edited(self, key: str) -> bool:
        """Does what the key does in every TextArea, at once: by way of the application it would overtake, or be
        overtaken by, what is typed next."""
        name, given = _EDITING.get(key, ("", ()))
        before, at = (self.text, self._cursor()) if name in _CUTS else ("", 0)
        if name:
            done = getattr(self, f"action_{name}")(*given)
            if inspect.isawaitable(done):
                await done
        if name in _CUTS:
            self._keep_cut(before, at)
        return bool(name)

    def _keep_cut(self, before: str, at: int) -> None:
        """`before`, `at`: the text and the cursor as they were. What must not be seen is not kept."""
        if masked(before) == before:
            now = self._cursor()
            first = min(at, now)
            self._cuttings.cut(before[first : first + len(before) - len(self.text)], backward=now < at)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = cleaned(event.text)
        if len(text) > LONGEST_PASTE:
            said = f"not pasted: {len(text)} characters; a message may have {MAX_TEXT} bytes, a paste {LONGEST_PASTE}"
            self._model.note(said, Kind.TROUBLE)
            return
        if "\n" in text and not secret(self.text):
            self._ask_paste(text)
        else:
            self.insert(text.replace("\n", " "))

    # -- keys: whether they were ours ----------------------------------------------------

    def _enter(self) -> bool:
        text = self.text
        if not text.strip():
            return True
        self.load_text("")
        self.placeholder = ""  # who has typed once knows how
        self.typing.keep(text)
        self._send(text)  # what was not taken can be had again with Up
        return True

    def _yank(self) -> bool:
        self.insert(self._cuttings.text)
        return True

    def _new_line(self) -> bool:
        self.insert("\n")
        return True

    def _complete(self, by: int) -> bool:
        if secret(self.text):
            return True
        if self._walk is None:
            self._walk = completion(self.text, self._cursor(), self._model)
        if self._walk is not None:
            text, at = self._walk.step(by)
            self.load_text(text)
            self.move_cursor(self._location(text, at))
        return True

    def _up(self) -> bool:
        return self.cursor_at_first_line and self._recall(self.typing.up(self.text))

    def _down(self) -> bool:
        return self.cursor_at_last_line and self._recall(self.typing.down())

    def _recall(self, text: str | None) -> bool:
        if text is not None:
            self.write(text)
        return True

    def _end(self) -> bool:
        if self.text:
            return False
        self._leave()
        return True

    def _cursor(self) -> int:
        row, column = self.cursor_location
        return sum(len(line) + 1 for line in self.text.split("\n")[:row]) + column

    @staticmethod
    def _location(text: str, at: int) -> tuple[int, int]:
        return text.count("\n", 0, at), at - (text.rfind("\n", 0, at) + 1)


def cleaned(text: str) -> str:
    """A pasted text: without control characters, and without the empty lines at its end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(strip_plain(line.expandtabs(4)) for line in lines).strip("\n")
