"""Whether a node takes clients, by its own word (R9)."""

from __future__ import annotations

import http.client

ASK_TIMEOUT = 1.0


def is_ready(where: str) -> bool:
    """Whether `/readyz` at HOST:PORT ('': nowhere) says 200. Any thread; blocks up to `ASK_TIMEOUT` s."""
    if not where:
        return False
    try:
        link = http.client.HTTPConnection(where, timeout=ASK_TIMEOUT)
        try:
            link.request("GET", "/readyz")
            return link.getresponse().status == http.client.OK
        finally:
            link.close()
    except (OSError, ValueError, http.client.HTTPException):
        return False
