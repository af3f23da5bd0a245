"""The plain dialect, what people type: a line to a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from wire.codes import Code
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    HandOver,
    Invite,
    Join,
    Leave,
    Mute,
    Quit,
    Register,
    Remove,
    Rename,
    Rooms,
    Say,
    SetTopic,
    Unmute,
    Unregister,
    Who,
    Whois,
)
from wire.names import LOBBY
from wire.passwords import changed
from wire.text import ACTION


@dataclass(frozen=True, slots=True)
class Help:
    """The person asked for the list of commands."""


@dataclass(frozen=True, slots=True)
class Blank:
    """Lines that say nothing, `BLANKS` of them since the last time: they ask for nothing, but reading them costs."""


BLANKS = 20
Governing: TypeAlias = Invite | Remove | Mute | Unmute | HandOver
Room: TypeAlias = Join | Leave | Who | Rooms | SetTopic | Governing | GuardRoom
Naming: TypeAlias = Rename | Register | Unregister
PlainCommand: TypeAlias = Say | Room | Naming | GoAway | ComeBack | Whois | Quit | Help

_SLIP = 32
"""Characters of what may be a command misspelt."""
NO_TOPIC = "-"
"""Typed for a topic it clears it."""
UNNUMBERED = 0
"""`n` of a Say from `parse`; the conversation counts."""


def parse(line: str, current: str = LOBBY) -> PlainCommand:
    """What `line`, cleaned and not blank, asks for; plain text goes to the room `current`.

    Names are taken as typed. Raises WireError with a text that helps. Pure; any thread.
    """
    if line == "\\q":
        return Quit()
    if line.startswith("//"):
        return _say(current, line[1:])
    if line.startswith("/"):
        word, _, rest = line[1:].partition(" ")
        return _command(word.lower(), rest.strip(), current)
    if line[:1] in "@#" and line[1:2].strip():
        return _addressed(line)
    return _say(current, line)


def _say(to: str, text: str) -> Say:
    return Say(n=UNNUMBERED, to=to, text=text)


def _addressed(line: str) -> Say:
    to, _, text = line.partition(" ")
    # People write "@bob: hi"; neither sign can be part of a name.
    to = to.rstrip(":,")
    if not text.strip():
        raise WireError(Code.BAD_TEXT, f"say what? Write {to} and then the text")
    return _say(to, text.lstrip())


def _command(word: str, rest: str, current: str) -> PlainCommand:
    try:
        return _COMMANDS[word](rest, current)
    except KeyError:
        raise WireError(Code.UNKNOWN_OP, _unknown(word)) from None


def _room(name: str) -> str:
    return name if name.startswith("#") else "#" + name


def _join(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_ROOM, "join which room? Write /join #room, or /join #room KEY")
    name, _, key = rest.partition(" ")
    return Join(room=_room(name), key=key.strip() or None)


def _leave(rest: str, current: str) -> PlainCommand:
    return Leave(room=_room(rest) if rest else current)


def _who(rest: str, _: str) -> PlainCommand:
    return Who(room=_room(rest) if rest else None)


def _message(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_NICK, "to whom? Write /msg nickname text")
    return _addressed("@" + rest.removeprefix("@"))


def _topic(rest: str, current: str) -> PlainCommand:
    room = current
    if rest.startswith("#"):
        room, _, rest = rest.partition(" ")
        rest = rest.strip()
    return SetTopic(room=room, text=("" if rest == NO_TOPIC else rest) if rest else None)


def _nick(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_NICK, "which nickname? Write /nick newname")
    return Rename(nick=rest)


def _whois(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_NICK, "who? Write /whois nickname")
    return Whois(nick=rest.removeprefix("@"))


def _register(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_PASSWORD, "with which password? Write /register PASSWORD")
    wanted, former = changed(rest)
    return Register(password=wanted, former=former)


def _unregister(rest: str, _: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_PASSWORD, "show that it is yours: /unregister PASSWORD")
    return Unregister(password=rest)


def _me(rest: str, current: str) -> PlainCommand:
    if not rest:
        raise WireError(Code.BAD_TEXT, "do what? Write /me waves")
    return _say(current, ACTION + rest)


def _governing(make: type[Invite | Remove | Mute | Unmute | HandOver], word: str) -> Callable[[str, str], PlainCommand]:
    def command(rest: str, current: str) -> PlainCommand:
        room, words = _in_room(rest, current)
        nick, _, text = words.partition(" ")
        if not nick:
            raise WireError(Code.BAD_NICK, f"whom? Write /{word} #room nickname")
        return make(room=room, nick=nick.removeprefix("@"), text=text.strip())

    return command


def _in_room(rest: str, current: str) -> tuple[str, str]:
    """The room that stands in front, or the current one; and what follows."""
    if not rest.startswith("#"):
        return current, rest
    room, _, rest = rest.partition(" ")
    return room, rest.strip()


_GUARDS = {"by-invitation": "invite", "invite": "invite", "private": "private", "topic": "topic", "key": "key"}
_HOW_TO_GUARD = "write key=KEY, by-invitation, private or topic, with a - in front to end it; or open"


def _guard(rest: str, current: str) -> PlainCommand:
    room, words = _in_room(rest, current)
    changes: dict[str, bool] = {}
    key = None
    for word in words.split():
        name, is_key, value = word.partition("=")
        guard = _GUARDS.get(name.removeprefix("-").lower())
        if word.lower() == "open":
            changes, key = {"invite": False, "private": False, "topic": False}, ""
        elif guard == "key" and (is_key or word.startswith("-")):
            key = "" if word.startswith("-") else value
        elif guard is None or guard == "key" or is_key:
            raise WireError(Code.BAD_TEXT, f"guard it how? {_HOW_TO_GUARD[0].upper()}{_HOW_TO_GUARD[1:]}")
        else:
            changes[guard] = not word.startswith("-")
    return GuardRoom(room=room, key=key, **changes)


_COMMANDS: dict[str, Callable[[str, str], PlainCommand]] = {
    "join": _join,
    "leave": _leave,
    "msg": _message,
    "who": _who,
    "rooms": lambda *_: Rooms(),
    "topic": _topic,
    "invite": _governing(Invite, "invite"),
    "remove": _governing(Remove, "remove"),
    "mute": _governing(Mute, "mute"),
    "unmute": _governing(Unmute, "unmute"),
    "owner": _governing(HandOver, "owner"),
    "guard": _guard,
    "nick": _nick,
    "away": lambda rest, _: GoAway(text=rest),
    "back": lambda *_: ComeBack(),
    "whois": _whois,
    "me": _me,
    "register": _register,
    "unregister": _unregister,
    "help": lambda *_: Help(),
    "quit": lambda *_: Quit(),
}


def _unknown(word: str) -> str:
    import difflib  # Only a person's slip needs it.

    # Of a line's length it would take 20 ms, and what is long is no slip.
    near = difflib.get_close_matches(word, _COMMANDS, n=1, cutoff=0.5) if len(word) <= _SLIP else []
    meant = f"did you mean /{near[0]}?" if near else "/help lists what there is;"
    return f"there is no command /{word[:_SLIP]}; {meant} to say it as text, write //{word[:_SLIP]}"
