"""Takes a server's data back to an earlier state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import append_only

if TYPE_CHECKING:
    from tests.contract.conftest import RealRedis


class Rewinder:
    """Takes the data of a server back to what it was."""

    def __init__(self, server: RealRedis, kept: Path) -> None:
        self._server = server
        self._kept = kept

    def keep(self) -> None:
        """The state to go back to."""
        append_only.keep(self._server.folder, self._kept)

    def back(self) -> None:
        """The server dies, and comes back with the state that was kept."""
        self._server.kill()
        append_only.put_back(self._kept, self._server.folder)
        self._server.up()

    def back_to_now(self) -> None:
        """The server dies, and comes back as it was: that is the state to go back to from then on."""
        self.keep()
        self.back()

    def __call__(self, act: Callable[[], object]) -> None:
        """Does something, and takes the data back to what it was before."""
        self.keep()
        act()
        self.back()
