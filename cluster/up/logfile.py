"""A child's output on disk, bounded: the newest and one older part are kept."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 5_000_000
AGAIN_AFTER = 5.0  # seconds


class LogFile:
    """Appends to `path`, and renames it to `<path>.1` when it has grown beyond `most` bytes.

    One thread at a time. A full disk must not stop a child, so after an OSError lines are dropped for some seconds, and
    then it is tried again; `broken` tells why.
    """

    def __init__(self, path: Path, most: int = MOST_BYTES, again_after: float = AGAIN_AFTER) -> None:
        self.path = path
        self.broken = ""
        self._most = most
        self._again_after = again_after
        self._again_at = 0.0
        self._file: BinaryIO | None = None

    def write(self, line: bytes) -> None:
        """Appends `line` as it is, on a line of its own."""
        if self.broken and time.monotonic() < self._again_at:
            return
        try:
            whole = self._opened().write(line) == len(line)
            self.broken = "" if whole else "no room is left on the disk"
        except OSError as error:
            self.broken = error.strerror or str(error)
        if self.broken:
            self._again_at = time.monotonic() + self._again_after
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
            self._file = self.path.open("a+b", buffering=0)
            self._end_line(self._file)
        return self._file

    def _end_line(self, file: BinaryIO) -> None:
        """A full disk, or our own death, has left half a line: whoever reads line by line loses no more than that."""
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
