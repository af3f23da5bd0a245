"""Programs that tests need but this package does not contain."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cluster.up.programs import SYSTEM_FOLDERS, on_path

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
}


def required(program: str) -> str:
    """Path of `program`. Where it is missing the test is skipped, naming the package; with
    HYDRACHAT_TEST_REQUIRE=all (or a comma list that names it) the test fails instead."""
    found = on_path((program,))
    if found:
        return found
    return _missing(program, f"{program} is missing: install the Debian package {PACKAGES.get(program, program)}")


def tls_redis() -> str:
    """Path of a redis-server that speaks TLS: the one of a Python package may not. Where there is none: as above."""
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), *SYSTEM_FOLDERS):
        found = shutil.which("redis-server", path=folder)
        if found and _speaks_tls(found):
            return str(Path(found))
    return _missing("redis-server", "no redis-server speaks TLS: install the Debian package redis-server")


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
