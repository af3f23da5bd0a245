"""What `?` shows."""

from __future__ import annotations

import textwrap

from cluster.top.paint import FIGURE, TITLE, Row, Span
from cluster.top.wording import fitted

LABEL = 15
_KEYS = (
    ("n r u", "nodes, rooms, users"),
    ("↑ ↓ PgUp PgDn", "choose a line; Home, End: the first, the last"),
    ("← →", "more columns"),
    ("Enter", "all about the line; there u: its users; Esc goes back"),
    ("/", "filter: words that a line has; column=word for one column, as in node=n1; Esc: all"),
    ("s S", "sort by the next column, turn the order; < > move the column"),
    ("d", "drain the node, after asking; f there: also where no other node is ready"),
    ("k", "kick the user: asks for a reason, which the rooms read too, and then whether it is meant"),
    ("x", "forget what was done (the lines above the keys)"),
    ("+ -", "look more often, less often; Space: now"),
    ("q", "quit; what was begun goes on"),
)
_WORDS = (
    ("in/s, out/s", "messages taken from clients, entries offered to clients, each second"),
    ("p99", "99 of 100 measured messages reached this node's clients within that; of 10 s"),
    ("redis", "what a node's heartbeat takes; above: what a PING from here takes"),
    ("lag", "entries that the log furthest behind lacked"),
    ("beat", "since the last heartbeat; a node beyond its lease is lost"),
    ("unread", "entries of the user's inbox that are not acknowledged"),
    ("-", "not known: the node does not answer, or is of a version that doesn't tell"),
)


def rows(width: int) -> list[Row]:
    """In lines that fit."""
    found: list[Row] = [[Span("Keys", TITLE)]]
    for key, text in _KEYS:
        found += _explained(key, text, width)
    found += [[], [Span("Words", TITLE)]]
    for word, text in _WORDS:
        found += _explained(word, text, width)
    return found


def _explained(word: str, text: str, width: int) -> list[Row]:
    lines = textwrap.wrap(text, max(20, width - LABEL))
    return [[Span(fitted("" if number else word, LABEL), FIGURE), Span(line)] for number, line in enumerate(lines)]
