"""Says in a room (the last `--room`) what is appended to a log file, also after its rotation or truncation.

One message each `--every` seconds, of the lines that came meanwhile, up to 5 KiB; what waits longer waits in the file.
With `--state` it goes on where it was, else it begins at the end. After Ctrl-C or SIGTERM nothing is said twice, unless
no node can be reached for 10 s; after a crash or kill -9 the one message on its way may be."""

import json
import os
import sys
import time
from argparse import Namespace
from contextlib import closing
from pathlib import Path

from client import ChatClient, Unsure, bot_arguments, run_bot, sayable, uninterrupted

MOST = 5 * 1024  # bytes of the file; made sayable they are up to three times as many, and 16 KiB may be said


class Follower:
    """`mark`: [inode, offset] up to which lines were taken; None: begin at the end."""

    def __init__(self, path: Path, mark: list[int] | None) -> None:
        self._path, self._file = path, path.open("rb")
        status = os.fstat(self._file.fileno())
        inode, offset = mark or (status.st_ino, status.st_size)
        self._file.seek(offset if inode == status.st_ino and offset <= status.st_size else 0)

    def close(self) -> None:
        self._file.close()

    @property
    def mark(self) -> list[int]:
        return [os.fstat(self._file.fileno()).st_ino, self._file.tell()]

    def take(self) -> str:
        """The next whole lines; "" if there are none."""
        status, start = os.fstat(self._file.fileno()), self._file.tell()
        start = self._file.seek(start if start <= status.st_size else 0)  # 0: it was truncated
        data = self._file.read(MOST)
        end = data.rfind(b"\n") + 1 or (MOST if len(data) == MOST else 0)  # a longer line comes in pieces
        if not end and self._path.exists() and self._path.stat().st_ino != status.st_ino:  # it was rotated
            self._file.close()
            self._file = self._path.open("rb")
            return sayable(data) or self.take()
        self._file.seek(start + end)
        return sayable(data[:end])


def bridge(chat: ChatClient, follower: Follower, given: Namespace) -> None:
    saved = None
    while True:
        with uninterrupted(10.0):  # to have said it and to know that we have are one thing
            if text := follower.take():
                try:
                    chat.say(text, *given.room[-1:]).wait_accepted()
                except Unsure as error:
                    print(f"log_bridge: may not have been said ({error}): {text}", file=sys.stderr, flush=True)
            if given.state and saved != follower.mark:
                saved = follower.mark
                new = given.state.with_suffix(".new")
                new.write_text(json.dumps(saved))
                new.replace(given.state)
        time.sleep(given.every)


def main() -> None:
    parser = bot_arguments(__doc__, nick="log")
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--state", type=Path, help="a file of its own, to go on where it was")
    given = parser.parse_args()
    mark = json.loads(given.state.read_text()) if given.state and given.state.exists() else None
    # It only says: an `on_event` that does nothing keeps events from piling up.
    chat = ChatClient(given.server, given.nick, rooms=given.room, on_event=lambda event: None, **given.login)
    with closing(Follower(given.file, mark)) as follower, chat:
        bridge(chat, follower, given)


if __name__ == "__main__":
    run_bot(main)
