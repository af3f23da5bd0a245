"""Writes down what is said in rooms, one JSON object a line.

    python examples/transcript.py --server 127.0.0.1:7700 --room '#ops' ops.jsonl

Each line is on its way to the disk before the next event is looked at. The death of a node leaves no trace in it;
what may be missing is marked by a line of kind "gap". Started again, it goes on in the same file: what was said
meanwhile is there as far as the room's history reaches ("history": true), and nothing twice. Private messages are
not written down. Ctrl-C or SIGTERM: it leaves in order.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from client import (
    ChatClient,
    ChatError,
    Connected,
    Event,
    GapEvent,
    JoinedEvent,
    LeftEvent,
    MessageEvent,
    RenamedEvent,
    TopicEvent,
)

ENOUGH = 8 << 20  # bytes of the file: more than the history that one gets when one comes in


def line(event: Event) -> dict[str, Any] | None:
    """What to write of it, if anything. Times are Unix milliseconds."""
    match event:
        case MessageEvent(room=str()):
            more = {name: True for name in ("history", "late", "action") if getattr(event, name)}
            return _entry("message", event, text=event.text, session=event.session, n=event.n, **more)
        case JoinedEvent():
            return _entry("joined", event)
        case RenamedEvent():
            return _entry("renamed", event, former=event.former)
        case LeftEvent():
            return _entry("left", event, reason=event.reason)
        case TopicEvent():
            return _entry("topic", event, text=event.text)
        case GapEvent(room=str()):
            return {"kind": "gap", "room": event.room, "text": event.text, "first": event.first, "last": event.last}
        case Connected(former=str()):
            return {"kind": "gap", "text": "the session was lost; this is another one"}
    return None


def _entry(
    kind: str, event: MessageEvent | JoinedEvent | LeftEvent | RenamedEvent | TopicEvent, **more: Any
) -> dict[str, Any]:
    return {"kind": kind, "time": event.time, "room": event.room, "nick": event.nick, **more}


def written(path: Path) -> set[tuple[str, int]]:
    """The messages at the end of the file: (session, n) is what a message is known by for ever."""
    with path.open("a+b") as file:
        start = max(0, file.tell() - ENOUGH)
        file.seek(start)
        text = file.read()
        # A last line that a crash has cut short goes; what it was to be is in the history.
        file.truncate(start + text.rfind(b"\n") + 1)
    whole = [json.loads(one) for one in text.split(b"\n")[start > 0 : -1]]
    return {(one["session"], one["n"]) for one in whole if one["kind"] == "message"}


def write(events: Iterable[Event], path: Path) -> None:
    known = written(path)
    with path.open("a", encoding="utf-8") as file:
        for event in events:
            found = line(event)
            if found and (found.get("session"), found.get("n")) not in known:
                file.write(json.dumps(found, ensure_ascii=False) + "\n")
                file.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes down what is said in rooms.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--server", action="append", metavar="HOST:PORT", help="several times: several nodes")
    parser.add_argument("--nick", default="scribe")
    parser.add_argument("--room", action="append", default=[], help="beside #lobby; may be given several times")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves the `with`, and that the chat
    try:
        with ChatClient(given.server or ["127.0.0.1:7700"], given.nick, rooms=given.room) as chat:
            write(chat, given.file)
    except KeyboardInterrupt:
        pass
    except (ChatError, OSError, ValueError) as error:
        print(f"transcript: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
