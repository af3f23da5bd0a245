"""What one node is told at its start, checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from wire import Address

LOG_FORMATS = ("human", "json")
_SCHEMES = ("redis", "rediss", "unix")


class BadSetting(ValueError):
    """Names the setting, its value, and what is allowed."""

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        super().__init__(f"{setting}: {value!r} is not allowed; {allowed}")


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Times are seconds. `advertise`: where clients reach this node ('': `listen`). Raises BadSetting.

    `history`: messages shown to a newcomer. `retain`: entries kept per room. `outbox_bytes`: what may
    wait for one client. `hello_timeout`: a client that has not said hello by then is closed. `window`: `say`
    of one client without an answer. `drain`: how long clients may take to move when the node leaves.
    """

    id: str
    listen: Address
    redis: str
    http: Address
    advertise: str = ""
    prefix: str = "{hydrachat}:"
    lease: float = 5.0
    grace: float = 30.0
    history: int = 50
    retain: int = 10_000
    log_format: str = "human"
    outbox_bytes: int = 1024 * 1024
    hello_timeout: float = 10.0
    window: int = 64
    max_connections: int = 10_000
    drain: float = 5.0
    stop_within: float = 10.0

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_redis(self.redis)
        _check_prefix(self.prefix)
        if self.advertise:
            _check_address("advertise", self.advertise)
        _within("lease", self.lease, 0.5, 3600)
        _within("grace", self.grace, 0, 86400)
        _within("history", self.history, 0, 200)
        _within("retain", self.retain, 1, 10_000_000)
        _within("outbox-bytes", self.outbox_bytes, 256 * 1024, 1024**3)
        if self.log_format not in LOG_FORMATS:
            raise BadSetting("log-format", self.log_format, f"write {' or '.join(LOG_FORMATS)}")

    @property
    def heartbeat(self) -> float:
        """Seconds within which a native client must say something."""
        return max(1.0, self.lease / 2)


def _check_id(value: str) -> None:
    fits = 1 <= len(value) <= 32 and value.isascii() and value.replace("-", "a").replace("_", "a").isalnum()
    if not fits:
        raise BadSetting("id", value, "write 1 to 32 of A-Z a-z 0-9 _ -, as in n1")


def _check_redis(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in _SCHEMES or not (parts.netloc or parts.path):
        raise BadSetting("redis", _without_password(value), "write a URL, as in redis://127.0.0.1:6379/0")


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url


def _check_prefix(value: str) -> None:
    opening, closing = value.find("{"), value.find("}")
    if not (0 <= opening < closing - 1 and value.isascii() and value.isprintable() and " " not in value):
        raise BadSetting("prefix", value, "write a hash tag in braces, as in {hydrachat}:")


def _check_address(setting: str, value: str) -> None:
    try:
        Address.parse(value)
    except ValueError as error:
        raise BadSetting(setting, value, str(error).partition(": ")[2]) from None


def _within(setting: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadSetting(setting, value, f"write a number from {least:.12g} to {most:.12g}")
