"""What one node is told at its start, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cluster.group import FORM, is_group, parsed, without_password
from node.access import ACCESS, OPEN, PASSWORD
from node.limits import RANGES, Limits
from node.sources import Sources
from wire import Address, WireError
from wire.passwords import password

LOG_FORMATS = ("human", "json")
LOG_LEVELS = ("info", "debug")
LIMITS: Mapping[str, tuple[float, float]] = {
    "lease": (0.5, 3600),
    "grace": (0, 86400),
    "history": (0, 200),
    "retain": (1, 10_000_000),
    **{name.replace("_", "-"): (limit.least, limit.most) for name, limit in RANGES.items()},
}
"""Setting -> the least and the most that is allowed."""
EXEMPT = ("127.0.0.0/8", "::1")
_SCHEMES = ("redis", "rediss", "unix")


class BadSetting(ValueError):
    """Names the setting, its value, and what is allowed."""

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        self.setting = setting
        self.problem = f"{value!r} is not allowed; {allowed}"
        super().__init__(f"{setting}: {self.problem}")


class CantBind(OSError):
    """An address can't be listened on. Names the setting, the address, and why."""

    def __init__(self, setting: str, address: Address, cause: OSError) -> None:
        self.setting = setting
        self.problem = f"can't bind {address}: {cause.strerror or cause}"
        super().__init__(cause.errno, f"{setting}: {self.problem}")


@contextmanager
def binding(setting: str, address: Address) -> Iterator[None]:
    """Turns an OSError of the block into CantBind."""
    try:
        yield
    except OSError as error:
        raise CantBind(setting, address, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings(Limits):
    """Times are seconds. `advertise`: where clients reach this node ('': `listen`). Raises BadSetting.

    `history`: messages shown to a newcomer. `retain`: entries kept per room. `window`: `say` of one client without an
    answer. `drain`: how long clients may take to move when the node leaves. `hellos`: carried out at once;
    `hello_line`: so many more may wait. `is_password_exposed`: that of Redis stands on our command line.
    `mistyped`: variables that are none of ours, each with the one that may be meant.
    `proxy_from`: networks of the balancers whose PROXY header is believed, and must come first: on `listen_proxy`, or
    on `listen` if there is no such. `exempt`: networks that limits by address pass over. `tls_cert`, `tls_key`: PEM
    files; '': clients come without TLS. `access`: who may come in; `secret`: with `password`, the cluster's.
    """

    id: str
    listen: Address
    redis: str
    http: Address
    advertise: str = ""
    listen_proxy: Address | None = None
    proxy_from: tuple[str, ...] = ()
    exempt: tuple[str, ...] = EXEMPT
    tls_cert: str = ""
    tls_key: str = ""
    prefix: str = "{hydrachat}:"
    lease: float = 5.0
    grace: float = 30.0
    history: int = 50
    retain: int = 10_000
    log_format: str = "human"
    log_level: str = "info"
    window: int = 64
    hellos: int = 32
    hello_line: int = 2000
    drain: float = 5.0
    stop_within: float = 10.0
    is_password_exposed: bool = False
    mistyped: tuple[tuple[str, str], ...] = ()
    access: str = OPEN
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_redis(self.redis)
        _check_prefix(self.prefix)
        if self.advertise:
            _check_address("advertise", self.advertise)
        _check_networks("proxy-from", self.proxy_from)
        _check_networks("exempt", self.exempt)
        if self.listen_proxy and not self.proxy_from:
            raise BadSetting("listen-proxy", str(self.listen_proxy), "name the balancers with --proxy-from")
        _check_tls(self.tls_cert, self.tls_key)
        for setting in LIMITS:
            _within(setting, getattr(self, setting.replace("-", "_")))
        _check_access(self.access, self.secret)
        if self.log_format not in LOG_FORMATS:
            raise BadSetting("log-format", self.log_format, f"write {' or '.join(LOG_FORMATS)}")
        if self.log_level not in LOG_LEVELS:
            raise BadSetting("log-level", self.log_level, f"write {' or '.join(LOG_LEVELS)}")

    @property
    def heartbeat(self) -> float:
        """Seconds within which a native client must say something."""
        return max(1.0, self.lease / 2)


def _check_id(value: str) -> None:
    fits = 1 <= len(value) <= 32 and value.isascii() and value.replace("-", "a").replace("_", "a").isalnum()
    if not fits:
        raise BadSetting("id", value, "write 1 to 32 of A-Z a-z 0-9 _ -, as in n1")


def _check_access(access: str, secret: str) -> None:
    if access not in ACCESS:
        raise BadSetting("access", access, f"write {', '.join(ACCESS)}")
    if access != PASSWORD:
        return
    try:
        password(secret)
    except WireError as error:
        needed = f"it needs HYDRACHAT_ACCESS_PASSWORD or --access-password-file: {error.text}"
        raise BadSetting("access", access, needed) from None


def _check_redis(value: str) -> None:
    if is_group(value):
        _check_group(value)
        return
    parts = urlsplit(value)
    if parts.scheme not in _SCHEMES or not (parts.netloc or parts.path):
        allowed = f"write a URL, as in redis://127.0.0.1:6379/0 or {FORM}"
        raise BadSetting("redis", without_password(value), allowed)


def _check_group(value: str) -> None:
    try:
        parsed(value)
    except ValueError as error:
        raise BadSetting("redis", without_password(value), f"{error}; write {FORM}") from None


def _check_prefix(value: str) -> None:
    opening, closing = value.find("{"), value.find("}")
    if not (0 <= opening < closing - 1 and value.isascii() and value.isprintable() and " " not in value):
        raise BadSetting("prefix", value, "write a hash tag in braces, as in {hydrachat}:")


def _check_address(setting: str, value: str) -> None:
    try:
        Address.parse(value)
    except ValueError as error:
        raise BadSetting(setting, value, str(error).partition(": ")[2]) from None


def _check_networks(setting: str, values: Sequence[str]) -> None:
    for value in values:
        try:
            Sources([value])
        except ValueError:
            raise BadSetting(setting, value, "write networks or addresses, as in 192.0.2.0/24,2001:db8::1") from None


def _check_tls(cert: str, key: str) -> None:
    for missing, there, value in (("tls-cert", "tls-key", cert), ("tls-key", "tls-cert", key)):
        if not value and (cert or key):
            raise BadSetting(missing, value, f"--{there} goes with it: give both for TLS, or none")


def _within(setting: str, value: float) -> None:
    least, most = LIMITS[setting]
    if not least <= value <= most:
        raise BadSetting(setting, value, f"write a number from {least:.12g} to {most:.12g}")
