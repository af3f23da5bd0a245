"""The thread that listens to Redis dies of one message: what a bug in it would do."""

from cluster.subscriber import Subscriber
from tests.support.broken_nodes.breaking import run

DEADLY = b"a message that nobody foresaw"
whole = Subscriber._message


def _message(self: Subscriber, payload: bytes) -> None:
    if payload.endswith(DEADLY):
        raise RuntimeError("the listener fell over a message")
    whole(self, payload)


Subscriber._message = _message  # type: ignore[method-assign]
run()
