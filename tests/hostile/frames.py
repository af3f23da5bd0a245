"""Lines at random for both dialects: right ones, nearly right ones, and junk."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from wire.codec import CLIENT_OPS

LONG = {b"~BIG~": b"x" * 20_000, b"~DEEP~": b"[" * 5000}
"""What stands for more, so that a failure can be read: see `grown`."""
ROOMS = ["#lobby", "#den", "#pit"]
NICKS = ["ann", "ben", "cat", "dan"]
EDGES = [0, 1, -1, 2**31, 2**53 - 1, 2**53, 2**64, 1.5, "1", None, True, [], {}]
TEXT = st.one_of(
    st.sampled_from(["hi", "", " ", "/me waves", "\x1b[2J", "\u202e", "~BIG~", "a\nb", *ROOMS, *NICKS]),
    st.text(max_size=30),
)
ROOM = st.one_of(st.sampled_from(ROOMS), TEXT)
NICK = st.one_of(st.sampled_from(NICKS), TEXT)
NUMBER = st.one_of(st.integers(0, 100), st.sampled_from(EDGES))
CURSORS = st.dictionaries(st.one_of(ROOM, st.just("@")), st.tuples(TEXT, NUMBER), max_size=4)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "nick": NICK,
    "room": ROOM,
    "to": st.one_of(ROOM, NICK.map("@{}".format)),
    "text": TEXT,
    "limit": NUMBER,
    "before": NUMBER,
    "cursors": CURSORS,
    "holder": TEXT,
    "again": st.tuples(TEXT, NUMBER),
    "session": TEXT,
    "token": TEXT,
    "protocol": st.tuples(NUMBER, NUMBER),
    "key": TEXT,
    "password": TEXT,
}
REQUESTS = sorted(CLIENT_OPS - {"hello", "quit", "say", "ack", "confirm"})


def _known(op: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.just(op)}, optional=FIELDS)


REQUEST = st.sampled_from(REQUESTS).flatmap(_known)
"""What has an answer with its `id`, which is to be put in."""
SAY = st.fixed_dictionaries(
    {"op": st.just("say"), "to": FIELDS["to"], "text": TEXT}, optional={"again": FIELDS["again"]}
)
"""What has an answer with its `n`, which is to be put in."""
_JSON = st.recursive(
    st.one_of(NUMBER, TEXT), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner), max_leaves=8
)
_SLIP = st.fixed_dictionaries({"op": st.sampled_from(["hello", "ack", "say", "dance", "me", ""])}, optional=FIELDS)
_BYTES = [b"~DEEP~", b"~BIG~~BIG~~BIG~~BIG~", b"{", b"\xff", b"\0", b""]
JUNK = st.one_of(
    st.one_of(_SLIP, _JSON).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
    st.sampled_from(_BYTES),
)
"""A line of the native dialect that may be anything."""
_COMMANDS = ["/join", "/leave", "/who", "/topic", "/nick", "/away", "/whois", "/msg", "/me", "@ann", "#den", ""]
TYPED = st.one_of(
    st.tuples(st.sampled_from(_COMMANDS), st.one_of(ROOM, NICK, TEXT)).map(" ".join),
    TEXT,
    st.sampled_from(["/help", "/rooms", "/back", "//", "@", "/"]),
).map(lambda line: line.replace("\n", " ").encode("utf-8", "surrogatepass"))
"""A line of the plain dialect."""


def native(fields: dict[str, Any], **given: Any) -> bytes:
    """The line with its line feed."""
    return json.dumps({**fields, **given}, ensure_ascii=bool(len(fields) % 2)).encode("utf-8", "surrogatepass") + b"\n"


def grown(data: bytes) -> bytes:
    """With what `LONG` stands for."""
    for short, long in LONG.items():
        data = data.replace(short, long)
    return data
