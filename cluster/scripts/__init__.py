"""The Lua scripts, each with the libraries that its header names, and their digests.

Scripts are called by digest: two versions of Hydrachat run side by side on one Redis.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_INCLUDE, _ON_DEMAND = "-- include:", "-- on demand:"
_ALWAYS = ("lib", "lives", "log", "healing")
_GROUPS = {
    "healing": ("staged", "compared", "bringing", "settling", "healing"),
    "membership": ("rights", "granting", "succession", "membership"),
    "staging": ("remembering", "staging"),
}
"""Libraries that stand in several files: in the order in which each needs the ones before it."""
_LIBRARIES = {
    *("lib", "lives", "log", "naming", "mail", "tokens", "saying", "seeing", "banning", "announcing"),
    *("mending", "mending_names", "mending_rooms", "mending_sessions"),
    *(part for group in _GROUPS.values() for part in group),
}


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    text: str
    digest: str


def _text(name: str) -> str:
    return (files(__package__) / f"{name}.lua").read_text(encoding="utf-8")


def _library(name: str) -> str:
    return "\n".join(_text(part) for part in _GROUPS.get(name, (name,)))


def _named(header: str, text: str) -> list[str]:
    """What a line at the script's beginning names."""
    lines = (line for line in text.split("\n", 2)[:2] if line.startswith(header))
    return [name for line in lines for name in line.removeprefix(header).split()]


def _on_demand(text: str) -> str:
    """Healing as one function that makes the others when it is needed. Each run of a script makes all functions of its
    libraries, and these are half of them."""
    return f"heal = function(...)\n{text}\nreturn heal(...)\nend"


def _assemble(name: str) -> Script:
    text = _text(name)
    on_demand = _named(_ON_DEMAND, text)
    names = (*_ALWAYS, *_named(_INCLUDE, text))
    parts = [_on_demand(_library(each)) if each in on_demand else _library(each) for each in names]
    whole = "\n".join([*parts, text])
    return Script(name, whole, hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest())


@cache
def load() -> dict[str, Script]:
    """All scripts by name."""
    names = (item.name.removesuffix(".lua") for item in files(__package__).iterdir() if item.name.endswith(".lua"))
    return {name: _assemble(name) for name in sorted(names) if name not in _LIBRARIES}
