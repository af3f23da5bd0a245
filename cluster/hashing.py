"""How passwords are kept: argon2id in PHC form, by the parameters of the OWASP password storage cheat sheet. The same
for nodes and for the operator's commands, and not to be configured: a hash made by others is made anew when it is next
shown."""

from __future__ import annotations

from argon2 import PasswordHasher

MEMORY, PASSES, LANES = 19 * 1024, 2, 1
"""KiB, and how often they are gone through. Takes some 30 ms of a processor."""


def hasher() -> PasswordHasher:
    """May be shared by threads."""
    return PasswordHasher(PASSES, MEMORY, LANES)
