"""The inputs that are kept: one a line as a literal of Python, so that a person can read and add some."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

KEPT = Path(__file__).resolve().parent.parent / "tests" / "corpus"
"""A file for each target."""
BELOW = "# What follows was found by the fuzzer: `python -m fuzz --keep` writes it anew, and leaves what is above."
LONGEST = 600
"""Bytes of an input that is worth to be kept."""


def read(target: str) -> list[bytes]:
    """What is kept for `target`. Raises ValueError for a line that is no bytes."""
    path = KEPT / f"{target}.txt"
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [_bytes(line, path) for line in lines if line and not line.startswith("#")]


def write(target: str, inputs: Iterable[bytes]) -> None:
    """Keeps these below what a person has written, shortest first."""
    path = KEPT / f"{target}.txt"
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    above = lines[: lines.index(BELOW)] if BELOW in lines else lines
    kept = {one for one in inputs if len(one) <= LONGEST} - {_bytes(line, path) for line in above if line[:1] == "b"}
    found = sorted(kept, key=lambda one: (len(one), one))
    path.write_text("\n".join([*above, BELOW, *map(repr, found)]) + "\n", "ascii")


def spread(inputs: Iterable[bytes], folder: Path) -> None:
    """A file for each, as the fuzzer wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs:
        (folder / hashlib.sha256(one).hexdigest()[:20]).write_bytes(one)


def gathered(folder: Path) -> list[bytes]:
    """The reverse."""
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]


def _bytes(line: str, path: Path) -> bytes:
    found = ast.literal_eval(line)
    if not isinstance(found, bytes):
        raise TypeError(f"{path.name}: {line[:40]} is no literal of bytes")
    return found
