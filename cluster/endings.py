"""How a session ended: as it stands in its `left` entries, in `ended:<session>` and in the notice to its node.

One word, `quit` say; where an operator ended it `kicked[ <why>]` or `banned <until>[ <why>]`, where the owner of its
registered nickname took that back `regained`. Pure; any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

KICKED, BANNED, REGAINED = "kicked", "banned", "regained"


@dataclass(frozen=True, slots=True)
class Ending:
    """`reason`: the word. `until`: of a ban, Unix ms of Redis's clock, 0: for good. `why`: the operator's words."""

    reason: str
    until: int = 0
    why: str = ""

    @property
    def is_final(self) -> bool:
        """Whether an operator ended it, or the owner of its nickname."""
        return self.reason in (KICKED, BANNED, REGAINED)


def parsed(how: str) -> Ending:
    """What another version wrote may be anything."""
    reason, _, rest = how.partition(" ")
    if reason != BANNED:
        return Ending(reason, why=rest)
    until, why = until_of(rest)
    return Ending(reason, until, why)


def banned(until: int, why: str) -> str:
    """Of a session that a ban has ended."""
    return f"{BANNED} {until} {why}".rstrip()


def until_of(detail: str) -> tuple[int, str]:
    """Of `<until>[ <why>]`, as a script refuses who is banned."""
    until, _, why = detail.partition(" ")
    return int(until) if until.isdecimal() else 0, why
