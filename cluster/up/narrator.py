"""Turns what the children say into lines for the person at the terminal. Main thread only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from cluster.operator.text import harmless
from cluster.up.plan import Spec
from cluster.up.slot import Death

# Event in a node's log -> the node's state from then on.
STATES = {
    "ready": "serving",
    "serving": "serving",
    "degraded": "degraded",
    "deaf": "deaf",
    "draining": "draining",
    "stopped": "stopped",
}
# Event -> what we say; fields of the log line in braces.
LINES = {
    "ready": "{name} is up",
    "serving": "{name} serves again",
    "degraded": "{name} is degraded: Redis is away or refuses",
    "deaf": "{name} is deaf: it does not hear the others",
    "draining": "{name} is draining",
    "stopped": "{name} stopped",
    "joined": "{nick} joined {room} ({name})",
    "left": "{nick} left {room} ({name})",
    "lease_lost": "{name} lost its lease and begins anew",
    "recovered": "{name}: Redis began a new life; sessions were claimed again",
    "superseded": "{name}: another process runs under this name",
}
DETAILS = ("reason", "error", "message", "detail", "thread")
REFUSED = "Redis refused "
TELLING_LEVELS = {"warning", "error", "critical"}


class Narrator:
    """Says one line for each event that matters, and remembers each node's `states`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.states: dict[str, str] = {}
        self.quiet = False
        """Set while all is being stopped: then only trouble is worth a line."""
        self._say = say
        self._cause = ""  # for which Redis refuses, as the first degraded node said it

    def say(self, text: str) -> None:
        """One line with the time of day; control characters are removed."""
        self._say(f"{time.strftime('%H:%M:%S')}  {harmless(text)}")

    def hear(self, spec: Spec, line: bytes) -> None:
        """A line of a child's output. What is no node's JSON stays in the log file."""
        record = parsed(line) if spec.speaks_json else None
        if record is None:
            return
        event = str(record.get("event", ""))
        changed = self._note_state(spec.name, event)
        text = described(spec.name, record)
        if text and (changed or event not in STATES) and not self.quiet:
            self.say(text)
        if event == "waiting":
            self._note_cause(spec.name, str(record.get("reason", "")))

    def _note_state(self, name: str, event: str) -> bool:
        state = STATES.get(event)
        if state is None:
            return False
        before = self.states.get(name)
        self.states[name] = state
        if state == "serving":
            self._cause = ""
        return before != state

    def _note_cause(self, name: str, reason: str) -> None:
        """Says why Redis refuses, once for all nodes. That it is away is seen otherwise."""
        if REFUSED in reason and self.states.get(name) == "degraded" and reason != self._cause and not self.quiet:
            self._cause = reason
            self.say(f"  {name} said: {reason}")

    def died(self, death: Death) -> None:
        """A child died unasked, or left by order."""
        name = death.spec.name
        if not death.wait:
            self.states[name] = "drained"
            then = "; starting it again" if death.wait == 0 else " and stays down until `hydrachat restart-all`"
            self.say(f"{name} has left{then}")
            return
        if death.spec.speaks_json:
            self.states[name] = "lost"
        self.say(f"{name} is lost ({death.reason}); starting it again in {death.wait:g} s")
        for words in last_words(death):
            self.say(f"  {name} said: {words}")

    def missed(self, count: int) -> None:
        """Lines were dropped because this terminal was slower than the nodes."""
        self.say(f"{count} log lines were not looked at; the log files have them")


def parsed(line: bytes) -> Mapping[str, object] | None:
    """A JSON log line as a mapping; None for anything else."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def described(name: str, record: Mapping[str, object]) -> str:
    """What to say of a log line; empty: nothing."""
    event = str(record.get("event", ""))
    if event in LINES:
        nick, room = str(record.get("nick", "?")), str(record.get("room", "?"))
        return LINES[event].format(name=name, nick=nick, room=room)
    if str(record.get("level", "")).lower() in TELLING_LEVELS:
        told = (str(record[field]) for field in DETAILS if record.get(field))
        return f"{name}: {event} {' '.join(told)}".rstrip()
    return ""


def last_words(death: Death) -> list[str]:
    """The end of a dead child's output, if it ended by itself: why it did. A node's last line says it
    (of a traceback, too); the others' reasons may stand some lines above their last."""
    if death.reason.startswith("signal"):
        return []
    own = [line for line in death.last_words if not (death.spec.speaks_json and parsed(line))]
    lines = [text for line in own if (text := line.decode("utf-8", "replace").strip(" \t\r\n^~"))]
    return lines[-1:] if death.spec.speaks_json else lines[-3:]
