"""TCP addresses as people write them."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT_HOST = "127.0.0.1"
_ALLOWED = "write HOST:PORT with a port from 0 to 65535, as in 127.0.0.1:7700, [::1]:7700 or :7700"


class Address(NamedTuple):
    """A host (name or number, an IPv6 one without its brackets) and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """`HOST:PORT`, `[::1]:7700`; `:7700` is this machine. Raises ValueError that says what is allowed."""
        host, colon, port = text.rpartition(":")
        if not colon or not _is_port(port):
            raise ValueError(f"{text!r} is not an address: {_ALLOWED}")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
            fits = ":" in host
        else:
            fits = ":" not in host
        if not fits or any(sign.isspace() or sign in "[]/@" or sign < " " for sign in host):
            raise ValueError(f"{text!r} is not an address: {_ALLOWED}")
        return cls(host or DEFAULT_HOST, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535
