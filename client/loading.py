"""A front end for people is imported while the chat connects: that costs a quarter of a second, and much of what a
connection takes is waiting."""

from __future__ import annotations

import gc
import importlib
import threading
from contextlib import suppress


def begin(module: str) -> None:
    """Returns at once. Until `end` nothing is collected: of what an import makes next to all stays, and looking through
    it again and again takes a tenth of the time. Whoever imports `module` meanwhile waits for it. Main thread."""
    gc.disable()
    threading.Thread(target=_load, args=(module,), name="hydrachat-import").start()


def end() -> None:
    """What there is now need not be looked through ever again. Without effect where nothing has begun. Main thread."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _load(module: str) -> None:
    with suppress(Exception):  # the main thread imports it again, and is told there
        importlib.import_module(module)
