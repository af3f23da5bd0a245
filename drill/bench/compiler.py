"""The load in C: compiled at its first use, into the user's cache, where there is a compiler."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("crowd.c")
FLAGS = ("-O3", "-Wall", "-Wextra", "-shared", "-fPIC")
WITHIN = 60.0
SHOWN = 300


class CannotCompile(RuntimeError):
    """No load in C; the text says why."""


def library(folder: Path | None = None) -> Path:
    """The compiled load, made now unless this very source has been. `folder`: where it is kept, the user's cache
    where nothing is said. Raises CannotCompile. Blocks for a second or two the first time."""
    found = (folder or cache()) / f"crowd-{_name()}.so"
    if not found.exists():
        try:
            found.parent.mkdir(parents=True, exist_ok=True)
            _compile(found)
        except OSError as error:
            raise CannotCompile(f"{found.parent} can't be written to: {error.strerror}") from error
    return found


def cache() -> Path:
    """By the XDG base directories. Raises CannotCompile."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hydrachat"
    except RuntimeError:
        raise CannotCompile("nobody knows where your home is: say XDG_CACHE_HOME=…") from None


def _name() -> str:
    # Also by the machine: homes are shared between such that are not alike.
    return hashlib.sha256(SOURCE.read_bytes() + repr((FLAGS, os.uname().machine)).encode()).hexdigest()[:16]


def _compile(into: Path) -> None:
    """Whole or not at all: another bench may be doing the same."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise CannotCompile(f"there is no C compiler ({os.environ.get('CC', 'cc')})")
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        made = Path(folder) / into.name
        words = [compiler, *FLAGS, "-o", str(made), str(SOURCE), "-lm"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN, check=False)
        except subprocess.TimeoutExpired:
            raise CannotCompile(f"{compiler} took more than {WITHIN:g} s") from None
        if done.returncode:
            raise CannotCompile(f"{compiler} failed: {done.stderr.strip()[:SHOWN]}")
        made.replace(into)
