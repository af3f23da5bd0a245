"""Writes down what is said in rooms, one JSON object a line; what may be missing is a line of kind "gap".

Started again it goes on in the same file: what was said meanwhile is there as far as the room's history reaches, and
nothing twice."""

import json
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

from client import ChatClient, Connected, Event, GapEvent, bot_arguments, run_bot

KINDS = {
    "MessageEvent": "message", "AnnounceEvent": "announcement", "JoinedEvent": "joined", "LeftEvent": "left",
    "RenamedEvent": "renamed", "TopicEvent": "topic", "GapEvent": "gap",
}  # fmt: skip


def line(event: Event) -> dict[str, Any] | None:
    """What to write of it, if anything: of what has a room, not of what is private."""
    if isinstance(event, Connected) and event.former:
        return {"kind": "gap", "text": "the session was lost; this is another one"}
    kind = KINDS.get(type(event).__name__)
    if kind is None or getattr(event, "room", None) is None:
        return None
    words = {"text": event.text} if isinstance(event, GapEvent) else {}
    return {"kind": kind, **asdict(event), **words}


def identity(found: dict[str, Any]) -> tuple[str | None, int | None]:
    """What a message is known by for ever is (session, n); an announcement has an id."""
    return found.get("session") or found.get("id"), found.get("n")


def known(path: Path) -> set[tuple[str | None, int | None]]:
    """Those at the end of the file."""
    with path.open("a+b") as file:
        file.seek(0)
        lines = deque(file, 50_000)
        if lines and not lines[-1].endswith(b"\n"):  # a crash has cut it short; it comes again in the history
            file.truncate(file.tell() - len(lines.pop()))
    return {identity(one) for one in map(json.loads, lines) if one["kind"] in ("message", "announcement")}


def main() -> None:
    parser = bot_arguments(__doc__, nick="scribe")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    before = known(given.file)
    with given.file.open("a") as file, ChatClient(given.server, given.nick, rooms=given.room, **given.login) as chat:
        for event in chat:
            found = line(event)
            if found and identity(found) not in before:
                print(json.dumps(found), file=file, flush=True)


if __name__ == "__main__":
    run_bot(main)
