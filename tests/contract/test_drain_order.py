"""An operator's order to drain reaches the node that it is for, and what is no order is passed over."""

from __future__ import annotations

from cluster.drains import payload
from tests.contract.space import Space


def test_an_order_is_heard_as_it_was_given(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    one.events.wait(lambda: None in one.events.subscribed, "its channel is subscribed")
    channel = space.key(f"node:n1/{one.cluster.boot}")
    for spoilt in ("!drain", "!drain soon - x", "!drain nan - x", "!drain -1 - x", "!drain 1e9 - x"):
        space.admin.publish(channel, spoilt)
    space.admin.publish(channel, payload("first", None, force=False))
    space.admin.publish(channel, payload("second", 2.5, force=True))
    one.events.wait(lambda: len(one.events.drains) >= 2, "both are heard")
    assert one.events.drains == [("first", None, False), ("second", 2.5, True)]
    assert not two.events.drains
