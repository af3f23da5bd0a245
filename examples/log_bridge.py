"""Says in a room what is appended to a log file.

    python examples/log_bridge.py --server 127.0.0.1:7700 --room '#ops' --state bridge.json /var/log/app.log

It follows the name through rotation (the rest of the old file, then the new one) and truncation. One message each
`--every` seconds at most, with the lines that came meanwhile, up to 5 KiB; what waits longer waits in the file. With
`--state` it goes on where it was when it is started again, else at the end of the file. After Ctrl-C or SIGTERM nothing
is said twice, unless no node can be reached for 10 s; after a crash or kill -9 the one message on its way may be.
What was rotated away while it did not run is not said.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

from client import ChatClient, ChatError, Unsure

MOST = 5 * 1024  # bytes of the file; made harmless they are up to three times as many, and 16 KiB may be said


class Follower:
    """`mark`: [inode, offset] up to which lines were taken; None: begin at the end."""

    def __init__(self, path: Path, mark: list[int] | None) -> None:
        self._path, self._file = path, path.open("rb")
        inode, size = self._here()
        former, offset = mark or (inode, size)
        self._file.seek(offset if former == inode and offset <= size else 0)

    def close(self) -> None:
        self._file.close()

    def _here(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_ino, status.st_size

    @property
    def mark(self) -> list[int]:
        return [self._here()[0], self._file.tell()]

    def take(self) -> str:
        """The next whole lines; "" if there are none."""
        start = self._file.tell() if self._here()[1] >= self._file.tell() else 0  # it was truncated
        self._file.seek(start)
        data = self._file.read(MOST)
        end = data.rfind(b"\n") + 1 or (MOST if len(data) == MOST else 0)  # a longer line comes in pieces
        if not end and self._rotated():
            self._file.close()
            self._file = self._path.open("rb")
            return clean(data) or self.take()
        self._file.seek(start + end)
        return clean(data[:end])

    def _rotated(self) -> bool:
        # In the middle of it nothing has that name.
        return self._path.exists() and self._path.stat().st_ino != self._here()[0]


def clean(data: bytes) -> str:
    """Without the control characters that may not be said."""
    text = data.decode(errors="replace")
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text
    ).strip()


def save(mark: list[int], state: Path | None) -> None:
    if state:
        new = state.with_suffix(".new")
        new.write_text(json.dumps(mark))
        new.replace(state)


def bridge(chat: ChatClient, follower: Follower, given: argparse.Namespace, stop: threading.Event) -> None:
    save(follower.mark, given.state)
    while not stop.wait(given.every):
        text = follower.take()
        if not text:
            continue
        sending = chat.say(text, given.room)
        while not chat.flush(0.5) and not stop.is_set():
            pass
        chat.flush(10.0)  # told to leave, it waits so long for the last one
        if isinstance(sending.error, Unsure):
            print(f"log_bridge: the session was lost; may not have been said: {text}", file=sys.stderr, flush=True)
        elif sending.error:
            raise sending.error
        if sending.done:
            save(follower.mark, given.state)


def main() -> int:
    parser = argparse.ArgumentParser(description="Says in a room what is appended to a log file.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--server", action="append", metavar="HOST:PORT", help="several times: several nodes")
    parser.add_argument("--nick", default="log")
    parser.add_argument("--room", default="#lobby")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--state", type=Path, help="a file of its own, to go on where it was")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    servers = given.server or ["127.0.0.1:7700"]
    try:
        mark = json.loads(given.state.read_text()) if given.state and given.state.exists() else None
        # It only says: an `on_event` that does nothing keeps events from piling up.
        chat = ChatClient(servers, given.nick, rooms=[given.room], on_event=lambda event: None)
        with closing(Follower(given.file, mark)) as follower, chat:
            bridge(chat, follower, given, stop)
    except (ChatError, OSError, ValueError) as error:
        print(f"log_bridge: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
