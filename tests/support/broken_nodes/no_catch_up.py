"""What the subscription missed is never fetched: neither after it was made again, nor by the tops, nor at a hole."""

from cluster.types import Entry
from node.feed import Feed
from node.rooms import Rooms
from tests.support.broken_nodes.breaking import run


class Careless(Feed):
    def receive(self, entry: Entry) -> None:
        with self._lock:
            if entry.epoch == self._epoch and entry.offset >= self._next:
                self._advance(entry)


Feed.receive = Careless.receive  # type: ignore[method-assign, assignment]
Rooms.subscribed = lambda *_: None  # type: ignore[method-assign]
Rooms.tops = lambda *_: None  # type: ignore[method-assign]
run()
