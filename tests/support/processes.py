"""Real processes, as the drill starts them. A test starts them on its own thread."""

from __future__ import annotations

from drill.processes.process import Process, environment

__all__ = ["Process", "environment"]
