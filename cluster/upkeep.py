"""What is done after a heartbeat and may take long: reaping (R4), healing (R5), the tops of the local logs (R6).

A thread and a link of its own, so that a node with many sessions and rooms, or with much to heal, beats in time all
the same. `stop` and `poke` wake it; what is poked while it is at work is done once more, not once for each.
"""

from __future__ import annotations

import threading

from cluster.calls import Caller, status
from cluster.errors import ClusterError
from cluster.link import Identity, Link
from cluster.rights import KeptRights
from cluster.seam import ClusterEvents
from cluster.term import Standing
from cluster.tops import Tops


class Upkeep:
    """`tops`: what is known of the local logs."""

    def __init__(
        self,
        link: Link,
        caller: Caller,
        standing: Standing,
        identity: Identity,
        events: ClusterEvents,
        rights: KeptRights,
    ) -> None:
        self._link = link
        self._caller = caller
        self._standing = standing
        self._identity = identity
        self._events = events
        self._wake = threading.Event()
        self._stopping = False
        self._told: set[tuple[str, bytes]] = set()  # epoch, what can't be healed in it
        self.tops = Tops(link, caller, events, rights)

    def poke(self) -> None:
        """A heartbeat came through. Any thread."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the loop, also while it waits for Redis: nothing here has to be finished. Any thread, idempotent."""
        self._stopping = True
        self._wake.set()
        self._link.finish()

    def run(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            try:
                self.once()
            except ClusterError:
                self._link.close()  # with the next heartbeat it is tried again
        self._link.close()

    def once(self) -> None:
        """One round. Raises ClusterError. The thread of `run`."""
        if not self._link.is_open:
            self._link.open()
            self._caller.load_scripts(self._link)
        # Another life of the data than the one we believe in is the heartbeat's to notice and to mend.
        if self._standing.term and self._identity(self._link) == self._standing.server:
            self._caller.call(self._link, "reap")
            self._heal()
            self.tops.ask()

    def _heal(self) -> None:
        """What can't be mended is told once a term: it is tried again with each heartbeat."""
        reply, epoch = self._caller.call(self._link, "heal"), self._standing.epoch
        if status(reply) != "ok":
            return
        self._told = {each for each in self._told if each[0] == epoch}
        for item, why in zip(reply[2::2], reply[3::2], strict=True):
            if (epoch, item) not in self._told:
                self._told.add((epoch, item))
                self._events.on_damage(_damage(item.decode(), why.decode(errors="replace")))


def _damage(item: str, why: str) -> str:
    if item.startswith("!"):
        return f"session {item[1:]}, which was over before the loss, can't be ended again: {why}"
    return f"what was lost of {item} can't be brought back: {why}"
