"""What becomes of the clients of a process that forks: the parent's go on, the child's copies have ended.

The lock of each is held while the process forks, so that the child finds none held for ever by a thread that it
does not have.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Client = TypeVar("Client")

_living: weakref.WeakKeyDictionary[Any, tuple[threading.Condition, Callable[[Any], object]]] = (
    weakref.WeakKeyDictionary()
)
_lock = threading.RLock()  # guards it, and lets one thread fork at a time; taken before those of clients
_forking = threading.local()  # `held`: clients with their locks and ends, of the thread that forks


def watch(client: Client, changed: threading.Condition, end: Callable[[Client], object]) -> None:
    """`end`: ends the copy in the child, called with `changed` held. Any thread; nothing is to be undone."""
    with _lock:
        _living[client] = (changed, end)


def _before() -> None:
    _lock.acquire()
    _forking.held = []
    for client, (changed, end) in list(_living.items()):
        changed.acquire()
        _forking.held.append((client, changed, end))


def _after(*, child: bool) -> None:
    while _forking.held:
        client, changed, end = _forking.held.pop()
        if child:
            end(client)
        changed.release()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before, after_in_parent=lambda: _after(child=False), after_in_child=lambda: _after(child=True)
    )
