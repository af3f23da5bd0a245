"""Nodes at which this machine's own addresses count as any others."""

from __future__ import annotations

from node.command import node

SOMEBODY_ELSE = "192.0.2.1"


def counted() -> list[str]:
    """Options of `hydrachat node`; none where it exempts nobody anyway."""
    exempts = any("--exempt" in parameter.opts for parameter in node.params)
    return ["--exempt", SOMEBODY_ELSE] if exempts else []
