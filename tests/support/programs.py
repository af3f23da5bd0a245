"""Programs that tests need but this package does not contain."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from cluster.up.programs import SYSTEM_FOLDERS, in_wheel, on_path

# What does as well, where the program itself is missing.
INSTEAD = {"redis-server": ("valkey-server",), "redis-cli": ("valkey-cli",)}
# Program -> Debian package.
PACKAGES = {
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "haproxy": "haproxy",
    "tmux": "tmux",
    "nc": "netcat-openbsd",
    "zsh": "zsh",
    "fish": "fish",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "cc": "gcc",
    "systemd-analyze": "systemd",
}


def required(program: str) -> str:
    """Path of `program`, or of what does as well: also Redis from the wheel that `hydrachat up` takes. Where it is
    missing the test is skipped, naming the package; with HYDRACHAT_TEST_REQUIRE=all (or a comma list that names it)
    the test fails instead."""
    found = on_path((program, *INSTEAD.get(program, ()))) or in_wheel(program)
    if found:
        return found
    return _missing(program, f"{program} is missing: install the Debian package {PACKAGES.get(program, program)}")


def tls_redis() -> str:
    """Path of a redis-server or valkey-server that speaks TLS: that of a Python package may not. None: as above."""
    for name, folder in product(("redis-server", *INSTEAD["redis-server"]), _folders()):
        found = shutil.which(name, path=folder)
        if found and _speaks_tls(found):
            return str(Path(found))
    return _missing("redis-server", "no redis-server speaks TLS: install the Debian package redis-server")


def _folders() -> Sequence[str]:
    return (*os.environ.get("PATH", "").split(os.pathsep), *SYSTEM_FOLDERS)


def _speaks_tls(program: str) -> bool:
    """It stops at the first setting that it does not know."""
    words = [program, "--tls-port", "0", "--no-such-setting", "x"]
    told = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
    return "no-such-setting" in told.stdout + told.stderr


def _missing(program: str, reason: str) -> str:
    wanted = os.environ.get("HYDRACHAT_TEST_REQUIRE", "").split(",")
    if "all" in wanted or program in wanted:
        pytest.fail(reason)
    pytest.skip(reason)
