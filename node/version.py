"""Which Hydrachat this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """As it was installed; 0 where it was not."""
    try:
        return metadata.version("hydrachat")
    except metadata.PackageNotFoundError:
        return "0"
