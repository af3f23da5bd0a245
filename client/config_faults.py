"""What is wrong with a settings file, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Fault(NamedTuple):
    """`line`: from 1 on; None: not known, or all of it. `key`: the setting; "": the file."""

    text: str
    line: int | None = None
    key: str = ""


class BadConfig(Exception):
    """Its text has one line for each fault: FILE:LINE: key: what is wrong and what is allowed."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__("\n".join(self._told(fault) for fault in faults))

    def _told(self, fault: Fault) -> str:
        place = str(self.path) if fault.line is None else f"{self.path}:{fault.line}"
        return ": ".join([place, *([fault.key] if fault.key else []), fault.text])


def line_of(key: str, text: str) -> int | None:
    """Where `key` is set, as far as one can see: the parser does not tell. None: not found."""
    name = re.escape(key)
    setting = re.compile(rf"""\s*(?:\[+\s*)?(?:{name}|"{name}"|'{name}')\s*[=.\]]""")
    for number, line in enumerate(text.splitlines(), 1):
        if setting.match(line):
            return number
    return None
