"""What is wrong with what came in, or with what was to be sent.

WireError               `code` says what to do about it, `text` tells a person
├── BadName             a nickname, room or destination that can't be one
└── IllegalMove         a frame that its state does not allow; the state was not changed
"""

from __future__ import annotations

from wire.codes import Code
from wire.frames import Error


class WireError(Exception):
    """An error that can be answered with a frame.

    `n`, `id`: the request it answers, where that could be read. `fatal`: the connection can't go
    on; answer, then close.
    """

    def __init__(
        self,
        code: Code,
        text: str,
        *,
        n: int | None = None,
        id: int | None = None,  # noqa: A002 - the field's name on the wire
        fatal: bool = False,
    ) -> None:
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text
        self.n = n
        self.id = id
        self.fatal = fatal

    def to_frame(self) -> Error:
        """The frame that tells the other side."""
        return Error(code=int(self.code), text=self.text, n=self.n, id=self.id)


class BadName(WireError):
    """Not a nickname (BAD_NICK) or not a room or destination (BAD_ROOM)."""


class IllegalMove(WireError):
    """ILLEGAL_STATE: the frame is known but not allowed now."""

    def __init__(self, text: str, *, n: int | None = None, id: int | None = None) -> None:  # noqa: A002
        super().__init__(Code.ILLEGAL_STATE, text, n=n, id=id)
