"""How full Redis is, by its own account."""

from __future__ import annotations

from redis.exceptions import RedisError

from cluster.link import Command, Reply

ASK: Command = ("INFO", "memory")


def memory_of(reply: Reply) -> tuple[int | None, int | None]:
    """Bytes used, and allowed at most (0: no limit), of an answer to `ASK`; None for what it does not say."""
    if isinstance(reply, RedisError):  # some hosts of Redis allow no INFO
        return None, None
    found = dict(line.split(":", 1) for line in reply.decode().splitlines() if ":" in line)
    return _number(found.get("used_memory")), _number(found.get("maxmemory"))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None
