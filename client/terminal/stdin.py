"""Lines from a file descriptor, by a read that somebody else can end."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

from wire.lines import LineSplitter, TooLong
from wire.text import MAX_TEXT

CHUNK = 65536


class Lines:
    """One thread iterates; `stop` may come from any thread or a signal handler."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._wakee, self._waker = os.pipe()
        self._splitter = LineSplitter(MAX_TEXT)

    def __iter__(self) -> Iterator[str | TooLong]:
        """Until the end of the file or `stop`. Bytes that are no UTF-8 become U+FFFD."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        poll.register(self._wakee, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._wakee in ready:
                return
            data = os.read(self._source, CHUNK)
            found = self._splitter.feed(data) if data else self._splitter.eof()
            for line in found:
                yield line if isinstance(line, TooLong) else line.decode(errors="replace")
            if not data:
                return

    def stop(self) -> None:
        """Ends the iteration. Never blocks."""
        os.write(self._waker, b"\0")

    def close(self) -> None:
        """After the iteration, when nobody calls `stop` any more."""
        os.close(self._wakee)
        os.close(self._waker)
