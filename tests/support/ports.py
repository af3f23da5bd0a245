"""Free ports on 127.0.0.1, as the drill finds them."""

from __future__ import annotations

from drill.processes.ports import free_base, free_port, is_free, is_listening

__all__ = ["free_base", "free_port", "is_free", "is_listening"]
