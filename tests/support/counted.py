"""Nodes at which this machine's own addresses count as any others."""

from __future__ import annotations

SOMEBODY_ELSE = "192.0.2.1"


def counted() -> list[str]:
    """Options of `hydrachat node`."""
    return ["--exempt", SOMEBODY_ELSE]
