"""Who was removed from a room is sent what is said there all the same."""

from node.audience import Audience
from tests.support.broken_nodes.breaking import run

Audience.leaver = lambda *_: None  # type: ignore[method-assign]
run()
