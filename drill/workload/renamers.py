"""Two who take one nickname after the other, out of a few that both want, and speak under them."""

from __future__ import annotations

from drill.history import Kind
from drill.workload.notes import CAST
from drill.workload.role import Role
from drill.workload.scene import Scene

ROOM = f"#{CAST}names"
NAMES = tuple(f"{CAST}{tree}" for tree in ("ash", "elm", "oak"))
TURNS = 6


class Renamers(Scene):
    """They are in one room, so that each hears under which name the other one speaks."""

    name = "renamers"

    def _cast(self) -> None:
        names = (f"{CAST}yes", f"{CAST}no")
        self._roles = [Role(name, self._turned(), self._notes, self._patience) for name in names]
        self._called = dict.fromkeys(names, "")  # under which nickname, as far as it was told

    def _play(self) -> None:
        for role in self._roles:
            if not role.is_in:
                self._called[role.name] = ""
                if role.come():
                    return
                role.ask("join", ROOM, role.name, lambda chat: chat.join(ROOM))
        for _ in range(TURNS):
            role = self._rng.choice(self._roles)
            self._rename(role, self._rng.choice([*NAMES, role.name]))
            if self._over.is_set():
                return
        self._flap(self._rng.choice(self._roles))

    def _rename(self, role: Role, name: str) -> None:
        if called := self._called[role.name]:
            role.tell(Kind.FREES, called)
        self._called[role.name] = ""
        if role.ask("rename", "", name, lambda chat: chat.rename(name)) == "":
            role.tell(Kind.HOLDS, name)
            self._called[role.name] = name
        for other in self._roles:
            other.say(ROOM)
        if self._rng.random() < 0.3:
            self._friendly(role)
        self._pause()

    def _friendly(self, role: Role) -> None:
        """The other one writes to a name that may have changed hands."""
        other = self._roles[1 - self._roles.index(role)]
        other.say(f"@{self._rng.choice(NAMES)}")

    def _flap(self, role: Role) -> None:
        """Loses the network for less than the grace, or for longer."""
        role.pull()
        self._over.wait(self._times.grace * self._rng.choice((0.1, 0.3, 0.3, 1.5)))
        role.push()
