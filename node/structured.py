"""structlog without its renderer for a terminal, which nothing here uses: it would load all of rich, a seventh of a
node's start. What else is loaded finds rich as ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def _as_if_missing(name: str) -> Iterator[None]:
    modules: dict[str, Any] = sys.modules
    if name in modules:
        yield
        return
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]


with _as_if_missing("rich"):
    import structlog

__all__ = ["structlog"]
