"""The URL of a Redis behind Sentinel, and what it stands for. Pure; any thread.

    redis+sentinel://[user:password@]HOST[:PORT],HOST[:PORT]…/NAME[/DB][?option=value&…]

Name and password before the `@` are those of the Redis servers; Sentinel's own are the options `sentinel_username`
and `sentinel_password`. `rediss+sentinel` speaks TLS with both; its options `ssl_…` are redis-py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

SCHEMES = {"redis+sentinel": "redis", "rediss+sentinel": "rediss"}
FORM = "redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB (rediss+sentinel for TLS)"
DEFAULT_PORT = 26379
_OWN_OPTIONS = ("sentinel_username", "sentinel_password")
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """`sentinels`: those that the URL names; `name`: under which they watch the master."""

    sentinels: tuple[Address, ...]
    name: str
    database: int
    scheme: str
    login: str
    sentinel_login: str
    options: str

    def server_url(self, address: Address) -> str:
        """Of the Redis server there, as redis-py takes it."""
        return self._url(self.login, address, f"/{self.database}")

    def sentinel_url(self, address: Address) -> str:
        """Of the sentinel there, as redis-py takes it."""
        return self._url(self.sentinel_login, address, "")

    def _url(self, login: str, address: Address, path: str) -> str:
        return f"{self.scheme}://{login}{shown(address)}{path}{self.options}"


def is_group(url: str) -> bool:
    """Whether it means a Sentinel group, well formed or not."""
    return url.partition("://")[0].lower() in SCHEMES


def parsed(url: str) -> Group:
    """Raises ValueError, which says what is wrong without repeating a password."""
    parts = _split(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("it does not begin with redis+sentinel://")
    if _is_torn(parts):
        raise ValueError("one of / ? # in a password must be written as %2F %3F %23")
    login, _, hosts = parts.netloc.rpartition("@")
    name, database = _place(parts.path)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    user, password = (options.pop(option, "") for option in _OWN_OPTIONS)
    for option in options:
        if not (option.startswith("ssl_") and parts.scheme == "rediss+sentinel"):
            raise ValueError(f"there is no option {option!r}")
    return Group(
        sentinels=tuple(_address(number, host) for number, host in enumerate(hosts.split(","), 1)),
        name=name,
        database=database,
        scheme=SCHEMES[parts.scheme],
        login=f"{login}@" if login else "",
        sentinel_login=f"{quote(user, '')}:{quote(password, '')}@" if user or password else "",
        options=f"?{urlencode(options)}" if options else "",
    )


def _split(url: str) -> SplitResult:
    """As `urlsplit`, which on some Pythons takes a bracket behind a comma for an error. Raises ValueError."""
    scheme, _, rest = url.partition("://")
    end = min((at for sign in "/?#" if (at := rest.find(sign)) >= 0), default=len(rest))
    if rest[:end].count("[") != rest[:end].count("]"):
        raise ValueError("a bracket is missing")
    return urlsplit(f"{scheme}://{rest[end:]}")._replace(netloc=rest[:end])


def _place(path: str) -> tuple[str, int]:
    name, _, database = path.removeprefix("/").partition("/")
    if not name:
        raise ValueError("the name of the master is missing, as in /mymaster/0")
    if database and not (database.isascii() and database.isdecimal()):
        raise ValueError("the database must be a number, as in /mymaster/0")
    return unquote(name), int(database or "0")


def _address(number: int, host: str) -> Address:
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or port == 0 or parts.path or parts.query:
        raise ValueError(f"sentinel {number} is not given as HOST:PORT")
    return name, port or DEFAULT_PORT


def shown(address: Address) -> str:
    """HOST:PORT, with brackets where they are needed."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_torn(parts: SplitResult) -> bool:
    """Whether a character of the password has ended the place where it belongs."""
    return "@" not in parts.netloc and "@" in f"{parts.path}{parts.query}{parts.fragment}"


def without_password(url: str) -> str:
    """Any URL of Redis as it may be shown or logged."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return url.rpartition("@")[2].partition("?")[0]
    if parts.scheme != "unix" and _is_torn(parts):
        return url.rpartition("@")[2].partition("?")[0]
    netloc, query = parts.netloc, _masked(parts.query)
    if password is not None:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:***@{host}"
    if (netloc, query) == (parts.netloc, parts.query):
        return url  # taking it apart and together again may change what has no host
    return urlunsplit(SplitResult(parts.scheme, netloc, parts.path, query, parts.fragment))


def _masked(query: str) -> str:
    pairs = (option.partition("=") for option in query.split("&"))
    return "&".join(f"{key}{sign}{'***' if 'password' in key else value}" for key, sign, value in pairs)
