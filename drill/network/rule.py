"""What befalls connections."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Hold = Literal["", "both", "requests", "replies"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`of`: only connections under that name (a node's, or `replica`); empty: all. `role`: only those of that role
    (`subscriber`, `publisher` …; of a replica its port). `share`: of them, by `seed`,
    the same ones all the time. `only_now`: none that come later. What happens to them: `hold`: nothing passes,
    and nothing is closed; `cut`: reset, also when they come; `delay`: seconds for each way; `rate`: bytes a
    second each way; `halves`: so many replies are passed on by half, and their connection is cut."""

    of: str = ""
    role: str = ""
    share: float = 1.0
    seed: int = 0
    only_now: bool = False
    hold: Hold = ""
    cut: bool = False
    delay: float = 0.0
    rate: float = 0.0
    halves: int = 0

    def is_for(self, number: int, name: str, role: str = "") -> bool:
        """Whether it is for the connection of that number, name and role."""
        if self.of not in ("", name) or self.role not in ("", role):
            return False
        return self.share >= 1.0 or random.Random(f"{self.seed}/{number}").random() < self.share

    def holds(self, reply: bool) -> bool:
        """Whether it stops that direction."""
        return self.hold == "both" or self.hold == ("replies" if reply else "requests")

    @property
    def shuts(self) -> bool:
        """Whether nobody needs to knock any more."""
        return self.cut and not self.of and not self.role and self.share >= 1.0 and not self.only_now
