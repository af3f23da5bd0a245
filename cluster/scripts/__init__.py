"""The Lua scripts, each with the library that its header asks for, and their digests.

Scripts are called by digest: two versions of Hydrachat run side by side on one Redis.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_INCLUDE = "-- include:"
_ALWAYS = ("lib", "log", "healing")
_LIBRARIES = {*_ALWAYS, "membership", "staging"}


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    text: str
    digest: str


def _assemble(name: str) -> Script:
    folder = files(__package__)
    text = (folder / f"{name}.lua").read_text(encoding="utf-8")
    first = text.split("\n", 1)[0]
    wanted = first.removeprefix(_INCLUDE).split() if first.startswith(_INCLUDE) else []
    parts = [(folder / f"{part}.lua").read_text(encoding="utf-8") for part in [*_ALWAYS, *wanted]]
    whole = "\n".join([*parts, text])
    return Script(name, whole, hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest())


@cache
def load() -> dict[str, Script]:
    """All scripts by name."""
    names = (item.name.removesuffix(".lua") for item in files(__package__).iterdir() if item.name.endswith(".lua"))
    return {name: _assemble(name) for name in sorted(names) if name not in _LIBRARIES}
