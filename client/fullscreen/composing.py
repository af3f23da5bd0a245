"""What helps to type: secrets that are masked, what was typed before, completion. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.fullscreen.commands import BY_WORD
from client.fullscreen.model import Model
from client.terminal.secrets import secret, without_key

KEPT = 500


class Typing:
    """What was typed before. `up` and `down` walk through it; what was being typed is not lost. One thread."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._at = 0
        self._unfinished = ""

    def keep(self, text: str) -> None:
        """Blank lines, repetitions and secrets are not kept, nor the keys of rooms."""
        text = without_key(text)
        if text.strip() and not secret(text) and self._lines[-1:] != [text]:
            self._lines.append(text)
            del self._lines[:-KEPT]
        self._at = len(self._lines)

    def leave_off(self) -> None:
        """Ends a walk, elsewhere; what was being typed is the first one up."""
        if self._at < len(self._lines):
            self.keep(self._unfinished)
        self._at = len(self._lines)

    def up(self, now: str) -> str | None:
        """None: there is nothing further up."""
        if self._at == 0:
            return None
        if self._at == len(self._lines):
            self._unfinished = now
        self._at -= 1
        return self._lines[self._at]

    def down(self) -> str | None:
        if self._at >= len(self._lines):
            return None
        self._at += 1
        return self._unfinished if self._at == len(self._lines) else self._lines[self._at]


@dataclass(slots=True)
class Completion:
    """One walk through what a beginning may mean. `before`: what stands before the word, `after`: behind it."""

    before: str
    after: str
    choices: Sequence[str]
    at: int = -1

    def step(self, by: int) -> tuple[str, int]:
        """The text and the cursor with the next choice (by 1) or the one before (by -1)."""
        self.at = (self.at + by) % len(self.choices) if self.at >= 0 or by > 0 else len(self.choices) - 1
        text = self.before + self.choices[self.at]
        return text + self.after, len(text)


def completion(text: str, cursor: int, model: Model) -> Completion | None:
    """Of the word that ends at the cursor. None: it is the beginning of nothing."""
    start = max(text.rfind(" ", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    word, before, after = text[start:cursor], text[:start], text[cursor:]
    choices = list(_choices(word, before, model))
    return Completion(before, after, choices) if choices else None


def _choices(word: str, before: str, model: Model) -> Iterable[str]:
    if word.startswith("/") and not before.strip():
        return _beginning(word, sorted(f"/{name} " for name in BY_WORD))
    if word.startswith("#"):
        return _beginning(word, [f"{one} " for one in _rooms(model)])
    command = before.split(" ", 1)[0].lower()
    if command == "/guard" and not word.startswith("#"):
        return _beginning(word, _GUARDS)
    if command in ("/join", "/leave", "/part"):
        return _beginning("#" + word, [f"{one} " for one in _rooms(model)])
    if command == "/help":
        return _beginning(word, sorted(BY_WORD))
    if word.startswith("@"):
        return _beginning(word, [f"@{nick} " for nick in nicknames(model)])
    if not word and before:
        return []
    end = " " if before.strip() else ": "
    return _beginning(word, [nick + end for nick in nicknames(model)]) if word else []


_GUARDS = [f"{minus}{one}" for minus in ("", "-") for one in ("by-invitation ", "private ", "topic ")]
_GUARDS += ["key=", "-key ", "open "]


def _beginning(word: str, choices: Iterable[str]) -> list[str]:
    word = word.casefold()
    return [one for one in choices if one.casefold().startswith(word) and one.casefold().strip() != "#"]


def _rooms(model: Model) -> list[str]:
    return sorted({*model.rooms_known, *(one.key for one in model.listed() if not one.private)})


def nicknames(model: Model) -> list[str]:
    """Who spoke last first; then those of other rooms and conversations. Never oneself."""
    here = model.current
    found = [here.title[1:]] if here.private else []
    for one in (here, *model.listed()):
        found += one.people.recent()
    found += [one.title[1:] for one in model.listed() if one.private]
    return [nick for nick in dict.fromkeys(found) if nick != model.nick]
