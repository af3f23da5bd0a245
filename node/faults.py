"""What is told of an error in the log: enough to find it, and nothing that a user may have said.

The message of an exception often quotes what did not fit: a value, a key, a command to Redis with its arguments.
"""

from __future__ import annotations

import traceback

from cluster.errors import ClusterError

_PLAIN = (
    ArithmeticError, AttributeError, ClusterError, ImportError, IndexError, MemoryError, NameError, OSError,
    RuntimeError, TypeError,
)  # fmt: skip
"""Their messages speak of the program or the system, not of values that came in."""
_ARGUMENTS = ", with args beginning with"
_WITHHELD = "(not told: it may quote what somebody said)"


def told(error: BaseException) -> str:
    """`error` in one line."""
    name, text = type(error).__name__, str(error)
    if not text:
        return name
    # Redis quotes the arguments of what it does not know.
    return f"{name}: {text.partition(_ARGUMENTS)[0] if isinstance(error, _PLAIN) else _WITHHELD}"


def trace(error: BaseException) -> str:
    """Where it came from, and from which other ones, oldest first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{trace(cause)}\n\nwhich led to:\n\n" if cause is not None else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}Traceback (most recent call last):\n{frames}{told(error)}"
