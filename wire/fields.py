"""What the frames are made of: their base, and the types of fields with what is allowed in them.

The decoder checks these on what comes in; a frame made in Python is not checked. What a client sends is
bounded, what a node sends is taken as it is.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1
INBOX = "@"

# Numbers stay exact in Redis's Lua (doubles), and ids of a client are fit to be part of a key.
MAX_NUMBER = 2**53 - 1
MAX_HISTORY = 200
Number: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
Ordinal: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]
RequestId: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
Limit: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_HISTORY)]
Version: TypeAlias = Annotated[int, Meta(ge=0, le=65535)]
Id: TypeAlias = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,64}\Z")]
Secret: TypeAlias = Annotated[str, Meta(max_length=512)]
Short: TypeAlias = Annotated[str, Meta(max_length=100)]

Cursor: TypeAlias = tuple[str, Number]
Place: TypeAlias = tuple[Id, Number]
"""A cursor that becomes part of the data, so it must be fit for it."""
Cursors: TypeAlias = dict[str, Cursor]


class Frame(Struct, frozen=True, omit_defaults=True, tag_field="op"):
    """Base of all frames."""
