"""A person's settings: a small TOML file, read once when `hydrachat join` starts.

`$XDG_CONFIG_HOME/hydrachat/config.toml`, by default `~/.config/hydrachat/config.toml`. It need not be there.
What may stand in it is in the table `KEYS` of `client.config_keys`; what was typed goes before it (`client.choice`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client.config_faults import BadConfig, Fault, line_of
from client.config_keys import KEYS, Notify, near
from wire.names import LOBBY

LONGEST = 64 * 1024
"""Bytes; what is longer is no settings file."""


@dataclass(frozen=True, slots=True)
class Config:
    """`servers`: "HOST:PORT"; none: a cluster on this machine. `rooms`: the first is where one talks.
    `muted`: `#room` or `@nick` of which nothing is notified. `tls…`: as `ChatClient` takes them. All are
    valid, in their one spelling."""

    servers: tuple[str, ...] = ()
    nick: str = ""
    rooms: tuple[str, ...] = (LOBBY,)
    theme: str = "dark"
    notify: Notify = "bell"
    muted: tuple[str, ...] = ()
    mouse: bool = True
    tls: bool = False
    tls_ca: str = ""
    tls_name: str = ""
    password_file: str = ""


def default_path() -> Path | None:
    """Where the settings are looked for; None: nobody knows where this user's home is."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    try:
        # As the XDG rules have it, a relative path is as if there were none.
        folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    except RuntimeError:
        return None
    return folder / "hydrachat" / "config.toml"


def load(path: Path | None = None) -> Config:
    """The settings in `path`, which has to be there; or in the default place, where it need not. Raises BadConfig."""
    where = path or default_path()
    text = None if where is None else _read(where, needed=path is not None)
    if where is None or text is None:
        return Config()
    return _checked(where, text, _parsed(where, text))


def _read(path: Path, *, needed: bool) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except FileNotFoundError:
        if not needed:
            return None
        raise BadConfig(path, [Fault(f"there is no such file; {HOW_TO_BEGIN}")]) from None
    except OSError as error:
        raise BadConfig(path, [Fault(f"can't be read: {error.strerror}")]) from None
    if len(data) > LONGEST:
        raise BadConfig(path, [Fault(f"has more than {LONGEST} bytes; is it the right file?")])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadConfig(path, [Fault("is not UTF-8; save it as that", line)]) from None


HOW_TO_BEGIN = "`hydrachat join --print-config` prints one to begin with"


def _parsed(path: Path, text: str) -> Mapping[str, Any]:
    # Imported late: who has no settings does not wait for it.
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadConfig(path, [Fault(f"is not TOML: {error or 'nested too deep'}; {HOW_TO_BEGIN}")]) from None


def _checked(path: Path, text: str, found: Mapping[str, Any]) -> Config:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in found.items():
        try:
            values[name] = _value(name, value)
        except ValueError as error:
            faults.append(Fault(str(error), line_of(name, text), name))
    if faults:
        raise BadConfig(path, faults)
    return Config(**values)


def _value(name: str, value: object) -> object:
    key = KEYS.get(name)
    if key is None:
        raise ValueError(f"there is no such setting; {near(name, list(KEYS))}")
    return key.check(value)
