"""What a screen that failed leaves behind holds nothing that anybody typed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from client.fullscreen import crash

SECRET = "hunter2"


def failed() -> Exception:
    def inner(typed: str) -> None:
        try:
            int(typed)
        except ValueError as error:
            raise KeyError(typed) from error

    try:
        inner(SECRET)
    except KeyError as error:
        return error
    raise AssertionError("it does not fail")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_the_file_tells_where_and_for_its_owner_alone(state: Path) -> None:
    line = crash.line(failed())
    path = state / "hydrachat" / "crash.txt"
    assert line == f"the screen has failed (KeyError), a fault of this program; where is in {path}"
    text = path.read_text()
    assert text.index("builtins.ValueError") < text.index("builtins.KeyError")
    assert "in inner" in text
    assert SECRET not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_later_one_takes_its_place(state: Path) -> None:
    path = crash.place()
    path.parent.mkdir()
    other = state / "of somebody else"
    other.write_text("precious")
    path.symlink_to(other)
    crash.line(failed())
    assert not path.is_symlink()
    assert other.read_text() == "precious"


def test_where_nothing_can_be_written_the_line_tells_the_place(state: Path) -> None:
    (state / "hydrachat").write_text("a file where the folder should be")
    line = crash.line(failed())
    assert line.startswith("the screen has failed (KeyError), a fault of this program: ")
    assert "in test_crash.py, line" in line
    assert SECRET not in line
