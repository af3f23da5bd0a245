"""What happened in a run, as each client saw it: the material that `checker` judges.

One JSON object a line, one line a happening, in the order in which they were noted. A message is known by its
text, so texts must be unique in a run. Times are `time.monotonic()` seconds of the one machine that all
clients of a run are on.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec


class Kind(StrEnum):
    """An arrival lies between OPENING and ENTERED, a departure between LEAVING and GONE."""

    OPENING = "opening"  # `client` is about to come into `to`
    ENTERED = "entered"  # … and was told that it is in
    LEAVING = "leaving"  # `client` is about to leave `to`, or was killed
    GONE = "gone"  # … and has left for sure
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNSURE = "unsure"  # the session was lost with it on its way: may have been said (R10)
    DOUBTED = "doubted"  # was accepted, but may have been lost since, and can't be said again: the sender was told so
    RECEIVED = "received"
    HISTORY = "history"  # received, but marked as said before: outside of the order
    LATE = "late"  # received, but marked as lost and brought back: outside of the order
    JOINED = "joined"  # told that `who` joined
    LEFT = "left"
    GAP = "gap"
    DISCONNECTED = "disconnected"  # from the node `node`; the outage ends with MOVED or RENEWED
    MOVED = "moved"  # to the node `who`
    RENEWED = "renewed"  # the session was lost, another one began (R10)
    ASKED = "asked"  # `client`, as its number `n`, for the act `text`, in `to`, about `who`: drill/checker/acts.py
    ANSWERED = "answered"  # number `n` was: `text` is empty (it is done) or a code; no such line: nobody knows
    HOLDS = "holds"  # `client` was told that it has the nickname `who`, by session `session`
    FREES = "frees"  # … and is about to give it up
    STOPPED = "stopped"  # `client` ended although nobody asked it to: `text` says why
    PRESENCE = "presence"  # the operator's look at the end: `who` is shown as `text`
    LOGGED = "logged"  # an entry of the room log `to`, found at the end: message `n` of `session`
    FAULT = "fault"  # number `n`, class `to`, of `who`, begins; `text`: more about it
    HEALED = "healed"  # … and is over
    NOT_RUN = "not run"  # the fault class `to` can't be injected here: `text` says why
    RUN = "run"  # the head: `text` holds the settings as JSON


class Happening(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`to`: `#room`, `@nick`, or `@` for the receiver's own inbox. `who`: whom it is about. `node`: where the
    client was connected then. A GAP has `first` and `last` (0: open) in `epoch`.

    A run has millions of these: hence a Struct, without a share in the garbage collection."""

    client: str
    kind: Kind
    to: str = ""
    who: str = ""
    text: str = ""
    epoch: str = ""
    offset: int = 0
    first: int = 0
    last: int = 0
    node: str = ""
    session: str = ""
    n: int = 0
    at: float = msgspec.field(default_factory=time.monotonic)


_WORDS = ("client", "to", "who", "text", "epoch", "node", "session")


class _Shared:
    """Equal strings of many happenings become one. One thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def share(self, happening: Happening) -> Happening:
        for name in _WORDS:
            word = getattr(happening, name)
            # Frozen or not: nobody can tell the difference between equal strings.
            msgspec.structs.force_setattr(happening, name, self._known.setdefault(word, word))
        return happening


class History:
    """Grows; any thread may add. Its lock guards the list and the counts.

    `on_add`: called under the lock, so that a file has the same order. `keep`: without it there are only the
    counts here, for a run that is longer than the memory; the file has the rest."""

    def __init__(self, on_add: Callable[[Happening], None] | None = None, *, keep: bool = True) -> None:
        self._lock = threading.Lock()
        self._shared = _Shared()
        self._happenings: list[Happening] = []
        self._counts: Counter[tuple[Kind, str | None]] = Counter()
        self._on_add = on_add
        self._keep = keep

    def add(self, happening: Happening) -> None:
        """Notes it; what one thread adds stays in its order."""
        with self._lock:
            if self._keep:
                self._happenings.append(self._shared.share(happening))
            self._counts[happening.kind, happening.client] += 1
            self._counts[happening.kind, None] += 1
            if self._on_add is not None:
                self._on_add(happening)

    def all(self) -> list[Happening]:
        """A copy of what was noted so far."""
        with self._lock:
            return list(self._happenings)

    def count(self, kind: Kind, client: str | None = None) -> int:
        """How many of `kind` (of `client`)."""
        with self._lock:
            return self._counts[kind, client]


_encode = msgspec.json.Encoder().encode


def to_line(happening: Happening) -> bytes:
    """One line of a saved history, with its end. Empty fields are left out."""
    return _encode(happening) + b"\n"


def from_lines(lines: Iterable[bytes]) -> Iterator[Happening]:
    """The reverse of `to_line`. Raises ValueError that names the line."""
    decode = msgspec.json.Decoder(Happening).decode
    share = _Shared().share
    for number, line in enumerate(lines, 1):
        try:
            happening = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"line {number} is no happening: {error}") from None
        yield share(happening)


def load(path: Path) -> list[Happening]:
    """A saved history. Raises OSError, ValueError."""
    with path.open("rb") as file:
        return list(from_lines(file))
