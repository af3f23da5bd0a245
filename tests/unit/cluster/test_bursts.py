"""What has arrived is told before the rest of what has only begun to arrive."""

from __future__ import annotations

from typing import cast

from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Reply
from cluster.seam import ClusterEvents
from cluster.subscriber import BURST, Subscriber, SubscriberActions
from tests.unit.cluster.scripted import ScriptedLink


class Arriving(ScriptedLink):
    """`whole` replies are here, and the beginning of one more."""

    def __init__(self, whole: int) -> None:
        super().__init__(lambda _: [])
        self.whole = whole

    def has_data(self) -> bool:
        return True

    def read_value(self) -> Reply:
        assert self.whole, "it waits for the rest while others wait for what is here"
        return self.read_soon()

    def read_soon(self) -> Reply | None:
        self.whole -= 1
        return [b"pong", b"", b""] if self.whole >= 0 else None


def subscriber(link: Arriving) -> Subscriber:
    nothing = SubscriberActions(lambda: None, lambda: None, lambda *_: None)
    return Subscriber(link, Keys("{t}:"), "node", cast("ClusterEvents", None), cast("Hearing", None), nothing)


def test_a_burst_ends_where_a_reply_is_not_here_whole() -> None:
    made = subscriber(Arriving(3))
    assert made._burst() is False
    made.close()


def test_a_burst_is_bounded() -> None:
    link = Arriving(10 * BURST)
    made = subscriber(link)
    assert made._burst() is True
    assert link.whole >= 8 * BURST
    made.close()
