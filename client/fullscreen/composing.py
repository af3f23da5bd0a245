"""What helps to type: secrets that are masked, what was typed before, completion. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.fullscreen.commands import BY_WORD
from client.fullscreen.model import Model
from client.fullscreen.theme import names as theme_names
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


class Cuttings:
    """What was cut last, to put it elsewhere, also into another conversation. Cuts in a row are one. One thread."""

    def __init__(self) -> None:
        self.text = ""
        self._open = False

    def cut(self, text: str, *, backward: bool) -> None:
        if text:
            before = self.text if self._open else ""
            self.text = text + before if backward else before + text
            self._open = True

    def leave_off(self) -> None:
        """Something else was done: the next cut is another one."""
        self._open = False


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
        choice = self.choices[self.at]
        if choice.endswith(" ") and self.after.startswith(" "):
            # The space that is there will do.
            return self.before + choice[:-1] + self.after, len(self.before + choice)
        text = self.before + choice
        return text + self.after, len(text)


def completion(text: str, cursor: int, model: Model) -> Completion | None:
    """Of the word that ends at the cursor. None: it is the beginning of nothing."""
    start = max(text.rfind(" ", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    word, before, after = text[start:cursor], text[:start], text[cursor:]
    choices = list(_choices(word, before, model))
    return Completion(before, after, choices) if choices else None


def _choices(word: str, before: str, model: Model) -> Iterable[str]:
    if not before.strip():
        return _first(word, model)
    if not before.lstrip().startswith("/"):
        return _anywhere(word, model) if word else []
    command, *given = before.lower().split()
    known = BY_WORD.get(command[1:])
    return _given(known.name if known else "", word, len(given), model)


def _first(word: str, model: Model) -> list[str]:
    if word.startswith("/"):
        return _beginning(word, sorted(f"/{name} " for name in BY_WORD))
    if word[:1] in ("@", "#"):
        return _anywhere(word, model)
    return _beginning(word, [f"{nick}: " for nick in nicknames(model)]) if word else []


def _anywhere(word: str, model: Model) -> list[str]:
    if word.startswith("#"):
        return _beginning(word, _rooms(model))
    if word.startswith("@"):
        return _beginning(word, [f"@{nick} " for nick in nicknames(model)])
    return _beginning(word, [f"{nick} " for nick in nicknames(model)])


_NICK_FIRST = ("whois", "msg")
_ROOM_FIRST = ("join", "leave", "who", "topic")
_EITHER_FIRST = ("go", "mute", "invite", "remove", "unmute", "owner")


def _given(command: str, word: str, at: int, model: Model) -> Iterable[str]:
    """What may stand behind a command as its word number `at`, from 0; where it isn't free text, also unbegun."""
    if command == "help":
        return _beginning(word.lstrip("/"), sorted(BY_WORD))
    if command == "theme":
        return _beginning(word, theme_names())
    if command == "guard" and not word.startswith("#"):
        return _beginning(word, _GUARDS)
    if at == 0 and command in _ROOM_FIRST and not word.startswith("@"):
        found = _beginning("#" + word.lstrip("#"), _rooms(model))
        return found if found or not word else _anywhere(word, model)
    if at == 0 and command in _EITHER_FIRST:
        return _anywhere(word, model) or _beginning("#" + word, _rooms(model))
    people = (at == 0 and command in _NICK_FIRST) or (at == 1 and command in _EITHER_FIRST)
    return _anywhere(word, model) if word or people else []


_GUARDS = [f"{minus}{one}" for minus in ("", "-") for one in ("by-invitation ", "private ", "topic ")]
_GUARDS += ["key=", "-key ", "open "]


def _beginning(word: str, choices: Iterable[str]) -> list[str]:
    word = word.casefold()
    return [one for one in choices if one.casefold().startswith(word) and one.casefold().strip() != "#"]


def _rooms(model: Model) -> list[str]:
    return [f"{one} " for one in sorted({*model.rooms_known, *(one.key for one in model.listed() if not one.private)})]


def nicknames(model: Model) -> list[str]:
    """Who spoke last first; then those of other rooms and conversations. Never oneself."""
    here = model.current
    found = [here.title[1:]] if here.private else []
    for one in (here, *model.listed()):
        found += one.people.recent()
    found += [one.title[1:] for one in model.listed() if one.private]
    return [nick for nick in dict.fromkeys(found) if nick != model.nick]
