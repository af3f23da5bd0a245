"""Programs that tests need but this package does not contain."""

from __future__ import annotations

import os

import pytest

from cluster.up.programs import on_path

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
    reason = f"{program} is missing: install the Debian package {PACKAGES.get(program, program)}"
    wanted = os.environ.get("HYDRACHAT_TEST_REQUIRE", "").split(",")
    if "all" in wanted or program in wanted:
        pytest.fail(reason)
    pytest.skip(reason)
