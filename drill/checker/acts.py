"""What people asked for, and what they were answered: the material of the rules on accounts, names, rights and tokens.

An act was done between `asked` and `answered`, if the answer is that it was. Without an answer nobody knows; it may be
done at any time from then on. The acts:

- `come`: a new session under the nickname `who` (`proof` 1: the password was shown); `go`: it ends, in order or not;
- `register`; `rename`, to `who`;
- in the room `to`, about `who`: `join` (`proof` 1: with the key), `leave`, `guard`, `invite`, `remove`, `mute`,
  `unmute`, `owner`;
- `begin`, `resume` and `copy` of the session `session` (`proof`: the number of the token that was shown, `last`: of the
  newest that the client has since)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from drill.checker.stays import FOREVER
from drill.history import Happening, Kind

NEWCOMING = frozenset({"come", "go"})
_ENDS = (Kind.RENEWED, Kind.STOPPED)


class Act(NamedTuple):
    """`answer`: empty: it is done; a code; None: there was none."""

    client: str
    what: str
    to: str
    who: str
    proof: int
    session: str
    asked: float
    answered: float
    answer: str | None
    last: int
    node: str

    @property
    def is_done(self) -> bool:
        return self.answer == ""

    @property
    def may_be_done(self) -> bool:
        return not self.answer


class Acts:
    """Of a history. `said`: when what was accepted had been said, by sender."""

    def __init__(self, asked: Iterable[Happening], answered: Iterable[Happening], ended: Iterable[Happening]) -> None:
        answers = {(h.client, h.n): h for h in answered}
        acts = [_act(h, answers.get((h.client, h.n))) for h in asked]
        self.all = sorted(acts, key=lambda act: act.asked)
        self.by_client: dict[str, list[Act]] = defaultdict(list)
        self.by_room: dict[str, list[Act]] = defaultdict(list)
        for act in self.all:
            self.by_client[act.client].append(act)
            if act.to:
                self.by_room[act.to].append(act)
        self._ends: dict[str, list[float]] = defaultdict(list)
        for h in ended:
            self._ends[h.client].append(h.at)
        for act in self.of(*NEWCOMING):
            self._ends[act.client].append(act.asked)
        for times in self._ends.values():
            times.sort()

    def of(self, *whats: str) -> Iterator[Act]:
        """By the time of asking."""
        return (act for act in self.all if act.what in whats)

    @cached_property
    def _signs(self) -> dict[str, list[float]]:
        """By client: when it asked for what it was answered, under whichever session it had then. Sorted."""
        signs: dict[str, list[float]] = defaultdict(list)
        for act in self.all:
            if act.answer is not None and act.what not in NEWCOMING:
                signs[act.client].append(act.asked)
        return signs

    def is_whole(self, client: str, begin: float, end: float) -> bool:
        """Whether `client` certainly had one session from `begin` to `end`: it did something afterwards, and nothing
        that may have been an end came before that."""
        signs, ends = self._signs.get(client, []), self._ends.get(client, [])
        i = bisect_left(signs, end)
        return i < len(signs) and bisect_right(ends, begin) == bisect_right(ends, signs[i])

    def lives(self, client: str) -> list[float]:
        """When its new sessions began, at the latest."""
        return [act.answered for act in self.by_client.get(client, ()) if act.what == "come" and act.is_done]

    def life(self, client: str, at: float) -> int:
        """In which of its lives it was then."""
        return bisect_right(self.lives(client), at)

    def has_answered_between(self, client: str, begin: float, end: float) -> Iterator[Act]:
        """What it asked since `begin`, and was answered before `end`."""
        acts = self.by_client.get(client, ())
        return (act for act in acts if act.asked >= begin and act.answer is not None and act.answered <= end)


def _act(asked: Happening, answered: Happening | None) -> Act:
    return Act(
        asked.client,
        asked.text,
        asked.to,
        asked.who,
        asked.first,
        asked.session,
        asked.at,
        answered.at if answered else FOREVER,
        answered.text if answered else None,
        answered.last if answered else 0,
        answered.node if answered else asked.node,
    )
