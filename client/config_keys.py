"""The settings that there are: what each may be, and how it is shown in the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from wire.address import Address
from wire.errors import BadName
from wire.names import Nick, destination, nickname, typed_room

Notify = Literal["bell", "osc9", "osc777", "off"]
NOTIFY: tuple[str, ...] = get_args(Notify)
THEMES = ("dark", "light", "terminal")
MOST = 256  # values in a list


class Key(NamedTuple):
    """`check`: from what the parser found to what `Config` holds; raises ValueError that says what is allowed.
    `sample`: a value in TOML; `about`: lines for the sample."""

    check: Callable[[Any], object]
    sample: str
    about: tuple[str, ...]


def near(name: str, known: Sequence[str]) -> str:
    """What to write instead of `name`."""
    # Imported late: only who made a mistake waits for it.
    from difflib import get_close_matches

    found = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return (f"did you mean {found[0]}? " if found else "") + f"there are {', '.join(known)}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong_kind(value, "a text in quotes")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong_kind(value, "true or false")
    return value


def _path(value: object) -> str:
    # Imported late: few write one.
    from pathlib import Path

    try:
        path = Path(_text(value)).expanduser()
    except RuntimeError:
        raise ValueError(f"{value!r} is in nobody's home") from None
    if not path.is_absolute():
        raise ValueError(f"{value!r} depends on where one is; write a whole path, as in /etc/… or ~/…")
    return str(path)


def _list(check: Callable[[str], str]) -> Callable[[Any], tuple[str, ...]]:
    def checked(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise _wrong_kind(value, 'a list of texts, as in ["…", "…"]')
        if len(value) > MOST:
            raise ValueError(f"has {len(value)} values; at most {MOST} are allowed")
        return tuple(dict.fromkeys(check(_text(one)) for one in value))

    return checked


def _named(rule: Callable[[str], str]) -> Callable[[Any], str]:
    def checked(value: object) -> str:
        try:
            return rule(_text(value))
        except BadName as error:
            raise ValueError(f"{value!r} can't be: {error.text}") from None

    return checked


def _one_of(allowed: Sequence[str]) -> Callable[[Any], str]:
    def checked(value: Any) -> str:
        if _text(value) not in allowed:
            raise ValueError(f"{value!r} is not known; {near(value, allowed)}")
        return _text(value)

    return checked


def _theme(value: Any) -> str:
    if _text(value) in THEMES:
        return _text(value)
    # Imported late: it costs as much as the whole screen does, and few have another one.
    from client.fullscreen.theme import names

    return _one_of(names())(value)


def _muted(text: str) -> str:
    if not text.startswith(("#", "@")):
        raise ValueError(f"{text!r} is neither a room nor a person; write #room or @nick")
    where = destination(text)
    return f"@{where.shown}" if isinstance(where, Nick) else where


def _wrong_kind(value: object, allowed: str) -> ValueError:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return ValueError(f"is {kinds.get(type(value), 'a date or time')}; write {allowed}")


KEYS: Mapping[str, Key] = {
    "servers": Key(
        _list(lambda text: str(Address.parse(text))),
        '["chat1.example:7700", "chat2.example:7700"]',
        (
            "Nodes or balancers to connect to, HOST:PORT each; they are tried in random order.",
            "Without them: a cluster on this machine.",
        ),
    ),
    "nick": Key(
        _named(lambda text: nickname(text).shown),
        '"alice"',
        ("Your nickname. Without it, the terminal asks.",),
    ),
    "rooms": Key(
        _list(_named(typed_room)),
        '["#lobby", "#ops"]',
        ("Rooms to enter; the first one is where you talk.",),
    ),
    "theme": Key(
        _theme,
        '"dark"',
        (f"Colours: {', '.join(THEMES)} (its own), or another one that /theme lists.",),
    ),
    "notify": Key(
        _one_of(NOTIFY),
        '"bell"',
        (
            "How the terminal calls you when somebody writes to you or names you: bell,",
            "osc9 or osc777 (notifications on the desktop, where the terminal knows them), off.",
        ),
    ),
    "muted": Key(
        _list(_named(_muted)),
        '["#noise", "@chatterbox"]',
        ("Rooms and people of which you are not notified.",),
    ),
    "mouse": Key(
        _truth,
        "true",
        ("Whether wheel and clicks are ours. With false the terminal marks text with the mouse as it always does.",),
    ),
    "tls": Key(
        _truth,
        "true",
        ("Whether to connect by TLS, and never without. Without this: no.",),
    ),
    "tls_ca": Key(
        _path,
        '"~/chat-ca.pem"',
        (
            "A file with the authorities that may have signed the servers' certificates (PEM).",
            "Without it: the system's.",
        ),
    ),
    "tls_name": Key(
        _text,
        '"chat.example"',
        ("For whom the servers' certificates have to be. Without it: for the host that you connect to.",),
    ),
    "password_file": Key(
        _text,
        '"~/.config/hydrachat/password"',
        ("A file with the password of your nickname, alone in it; let nobody else read it.",),
    ),
}


def sample() -> str:
    """A settings file that changes nothing: each setting is explained, and put out of force by a `#`."""
    parts = [
        "# Settings of `hydrachat join`, a TOML file. Its place: $XDG_CONFIG_HOME/hydrachat/config.toml,\n"
        "# by default ~/.config/hydrachat/config.toml; another one: --config FILE, or HYDRACHAT_CONFIG.\n"
        "# What you type goes before a variable HYDRACHAT_…, and a variable before what stands here.\n"
        "# Take the # away from what you want to set.\n"
    ]
    for name, key in KEYS.items():
        parts.append("".join(f"# {line}\n" for line in key.about) + f"#{name} = {key.sample}\n")
    return "\n".join(parts)
