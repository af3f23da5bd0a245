"""Nodes of two versions side by side."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from drill.faults.fault import Planned
from drill.faults.nodes import Rolling

if TYPE_CHECKING:
    from drill.world import World

log = logging.getLogger("hydrachat.drill")


class Upgrade(Rolling):
    """Nodes go, one after the other, to an earlier version, where they are not there already, and then to the present
    one again. In between, and on both ways, both serve."""

    name = "upgrade"

    def cannot(self, world: World) -> str:
        return world.no_former

    def begin(self, world: World, planned: Planned) -> None:
        for name in planned.target.split():
            if not world.is_former(name):
                self._change(world, name, former=True)

    def end(self, world: World, planned: Planned) -> None:
        for name in planned.target.split():
            if world.is_former(name):
                self._change(world, name, former=False)

    def _change(self, world: World, name: str, former: bool) -> None:
        log.info("%s goes to the %s version", name, "former" if former else "present")
        self.restart(world, name, lambda: world.set_version(name, former))
