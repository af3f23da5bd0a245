"""What a screen that failed leaves behind: a line, and a file that tells where.

Nothing in them was typed or said by anybody: no variables, which may hold a password, and no texts of errors, which
often name the value that was wrong."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Iterator
from pathlib import Path


def place() -> Path:
    """`$XDG_STATE_HOME/hydrachat/crash.txt`; by default in `~/.local/state`. Raises RuntimeError: there is no home."""
    base = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state"
    return folder / "hydrachat" / "crash.txt"


def line(error: BaseException) -> str:
    """For the person; the file is written, in the place of an earlier one. Raises nothing."""
    what = f"the screen has failed ({type(error).__name__}), a fault of this program"
    try:
        return f"{what}; where is in {_write(place(), report(error))}"
    except (OSError, RuntimeError):
        at = traceback.extract_tb(error.__traceback__)[-1:]
        return what + "".join(f": {one.name} in {Path(one.filename).name}, line {one.lineno}" for one in at)


def report(error: BaseException) -> str:
    """The calls that led to it, and to what led to it."""
    return f"Python {platform.python_version()}, {platform.system()}\n" + "".join(_chain(error))


def _chain(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)
        yield "\nafter that:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # it may be somebody's link
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
