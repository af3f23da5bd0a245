"""`up` with a password: its Redis asks for it, its commands know it, nobody else reads it or what is in the folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from hydrachat import cli
from tests.support.ports import free_base
from tests.support.up_process import UpProcess

PASSWORD = "hush hush/1"
BIG_UMASK = 0o000


@pytest.fixture
def up(redis_server: str, tmp_path: Path) -> Iterator[UpProcess]:
    assert redis_server
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    before = os.umask(BIG_UMASK)
    try:
        words = ("--nodes", "1", "--no-balancer", "--redis-password-file", str(file))
        made = UpProcess(free_base((0, 1, 99, 101)), tmp_path / "data", *words)
    finally:
        os.umask(before)
    yield made
    if made.process.poll() is None:
        made.end()


def test_its_redis_asks_and_nobody_else_reads(up: UpProcess, tmp_path: Path) -> None:
    up.wait_line(r"Stop: +Ctrl-C")
    url = f"redis://127.0.0.1:{up.base + 99}/0"
    with redis.Redis.from_url(url) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    # The operator of the same machine needs to say nothing, as without a password.
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    done = CliRunner().invoke(cli.hydrachat, ["nodes", "--port", str(up.base)], env=env, standalone_mode=False)
    assert done.exception is None
    assert "n1" in done.output
    for pid in up.children():
        assert b"hush" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    written = [path for top in ("data", "state") for path in (tmp_path / top).rglob("*") if path.is_file()]
    assert len(written) > 4
    for path in written:
        assert path.stat().st_mode & 0o077 == 0, path
        # It must be somewhere, for the commands: in their note, which is the user's alone.
        assert path.name == "redis-url" or b"hush" not in path.read_bytes(), path
    assert "hush" not in "\n".join(up.lines)
    assert up.end() == 0


def test_a_group_of_its_own_has_none(tmp_path: Path) -> None:
    env = {"HYDRACHAT_REDIS_PASSWORD": "x"}
    made = UpProcess(free_base((0,)), tmp_path / "data", "--sentinel", env=env)
    assert made.wait() == 2
    assert "group without a password" in "\n".join(made.lines)
