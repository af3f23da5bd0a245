"""A child's output on disk, bounded: the newest and one older part are kept."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 5_000_000


class LogFile:
    """Appends to `path`, and renames it to `<path>.1` when it has grown beyond `most` bytes.

    One thread at a time. A full disk must not stop a child, so after an OSError all
    further lines are dropped; `broken` tells it.
    """

    def __init__(self, path: Path, most: int = MOST_BYTES) -> None:
        self.path = path
        self.broken = ""
        self._most = most
        self._file: BinaryIO | None = None

    def write(self, line: bytes) -> None:
        """Appends `line` as it is."""
        if self.broken:
            return
        try:
            self._opened().write(line)
        except OSError as error:
            self.broken = error.strerror or str(error)
            self.close()

    def close(self) -> None:
        """Idempotent; a later `write` opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> BinaryIO:
        if self._file is not None and self._file.tell() > self._most:
            self.close()
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        return self._file
