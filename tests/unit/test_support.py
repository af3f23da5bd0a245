"""The guards in tests/conftest.py do fail a test."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import programs
from tests.support.threads import leaked

ROOT = Path(__file__).resolve().parents[2]

CRASHES = """
import threading
def test_crashing_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
"""
LEAKS = """
import threading
def test_leaking_thread():
    threading.Thread(target=threading.Event().wait, args=(60,), name="left-over", daemon=True).start()
"""

SEARCHES = """
import time
import pytest
from hypothesis import given, strategies
@pytest.mark.timeout(1)
@given(strategies.lists(strategies.integers(), min_size=20))
def test_searching_for_less(numbers):
    time.sleep(0.4)
    raise AssertionError("each try that fails takes its time")
"""
LONG = """
import pytest
@pytest.mark.long
def test_for_twenty_minutes():
    raise AssertionError("it ran")
def test_for_a_moment():
    raise AssertionError("so did the other one")
"""


def run_pytest(folder: Path, source: str) -> str:
    (folder / "test_inner.py").write_text(source)
    (folder / "conftest.py").write_text("from tests.conftest import *  # noqa: F403\n")
    flags = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    words = [sys.executable, "-m", "pytest", *flags, str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_thread_that_crashes_fails_its_test(tmp_path: Path) -> None:
    assert "ZeroDivisionError" in run_pytest(tmp_path, CRASHES)


def test_a_thread_that_is_left_running_fails_its_test(tmp_path: Path) -> None:
    assert "threads left running: left-over" in run_pytest(tmp_path, LEAKS)


def test_a_test_whose_time_is_over_does_not_go_on_in_hypothesis(tmp_path: Path) -> None:
    """It would be shrunk for up to five minutes, whatever the timeout."""
    assert "TooLong: Timeout (>1.0s)" in run_pytest(tmp_path, SEARCHES)


def test_long_ones_run_only_when_they_are_asked_for(tmp_path: Path) -> None:
    """Whoever names a folder means what `make test` runs there."""
    assert "1 failed, 1 deselected" in run_pytest(tmp_path, LONG)


def test_a_thread_of_a_tool_may_stay() -> None:
    known, end, before = threading.Event(), threading.Event(), set(threading.enumerate())

    def tool() -> None:
        threading.current_thread()  # from now on `threading` lists it
        known.set()
        end.wait(60)

    _thread.start_new_thread(tool, ())
    try:
        assert known.wait(10)
        assert set(threading.enumerate()) != before
        assert leaked(before) == []
    finally:
        end.set()


def test_a_missing_program_skips_and_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "on_path", lambda names: None)
    monkeypatch.setattr(programs, "in_wheel", lambda name: None)
    monkeypatch.delenv("HYDRACHAT_TEST_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Debian package redis-tools"):
        programs.required("redis-cli")


def test_redis_may_come_from_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "on_path", lambda names: None)
    monkeypatch.setattr(programs, "in_wheel", {"redis-server": "/wheel/redis-server"}.get)
    assert programs.required("redis-server") == "/wheel/redis-server"


@pytest.mark.parametrize("wanted", ["all", "haproxy,redis-cli"])
def test_a_missing_program_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setattr(programs, "on_path", lambda names: None)
    monkeypatch.setattr(programs, "in_wheel", lambda name: None)
    monkeypatch.setenv("HYDRACHAT_TEST_REQUIRE", wanted)
    with pytest.raises(pytest.fail.Exception, match="Debian package redis-tools"):
        programs.required("redis-cli")
