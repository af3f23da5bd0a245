"""The command line of the drill: what is wrong is said before anything is started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from drill.history import Happening, Kind, to_line
from drill.run import HISTORY, Exit, Result, head
from drill.settings import DrillSettings
from hydrachat import cli


def test_help_has_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["drill", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "hydrachat drill --faults kill,pause" in shown
    assert "Exit codes" in shown


@pytest.mark.parametrize("names", ["kill,nonsense", "nonsense", ""])
def test_an_unknown_fault_is_named_beside_those_that_there_are(
    names: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["drill", "--faults", names, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr().err
    assert "all" in shown
    assert "'--faults'" in shown
    if names:
        assert "nonsense" in shown
        assert "pubsub-kill" in shown
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words", [["--minutes", "0"], ["--nodes", "1"], ["--redis", "none"], ["check", "nowhere.jsonl"]]
)
def test_wrong_settings_are_2(words: list[str]) -> None:
    assert cli.run(["drill", *words]) == 2


def failing(act: Callable[[], object]) -> Callable[..., object]:
    """In the place of `Drill`: `act` is all that it does."""

    class Failing:
        def __init__(self, *_: object) -> None:
            pass

        def run(self) -> None:
            act()

    return Failing


def test_a_folder_that_holds_a_drill_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / HISTORY).touch()
    monkeypatch.setattr("drill.run.Drill", failing(lambda: (tmp_path / HISTORY).open("xb")))
    assert cli.run(["drill", "--faults", "kill", "--out", str(tmp_path)]) == 2
    assert "name another folder" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), FileExistsError(17, "File exists", "else")])
def test_a_drill_that_could_not_run_is_3(
    error: OSError, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("drill.run.Drill", failing(fail))
    assert cli.run(["drill", "--faults", "kill", "--out", str(tmp_path / "out")]) == 3
    assert str(error.strerror) in capsys.readouterr().err


@pytest.mark.parametrize("former", ["", "v0.1"])
def test_all_means_an_upgrade_too_where_there_is_an_earlier_version(
    former: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[DrillSettings] = []

    class Noting:
        def __init__(self, settings: DrillSettings, _: object) -> None:
            asked.append(settings)

        def run(self) -> Result:
            return Result(Exit.KEPT)

    monkeypatch.setattr("drill.run.Drill", Noting)
    monkeypatch.setattr("drill.processes.former.found", lambda wanted: wanted or former)
    assert cli.run(["drill", "--out", str(tmp_path / "out")]) == 0
    assert ("upgrade" in asked[-1].faults) == bool(former)
    assert ("not run: upgrade: no earlier version" in capsys.readouterr().err) == (not former)
    # Who asks for all of them is to know when that was not all: the drill then says "not run", and ends with 3.
    assert cli.run(["drill", "--faults", "all", "--out", str(tmp_path / "out")]) == 0
    assert "upgrade" in asked[-1].faults
    assert cli.run(["drill", "--upgrade-from", "v0.0", "--out", str(tmp_path / "out")]) == 0
    assert "upgrade" in asked[-1].faults
    assert asked[-1].upgrade_from == "v0.0"


def test_what_is_no_history_is_said_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(to_line(Happening("ana", Kind.SENT, text="x")) + b"nonsense\n")
    assert cli.run(["drill", "check", str(path)]) == 3
    assert "line 2" in capsys.readouterr().err


def test_a_saved_history_is_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(to_line(Happening("ana", Kind.RECEIVED, "#lobby", "ben", "never said")))
    assert cli.run(["drill", "check", str(path), "--report", str(tmp_path / "page.html")]) == 1
    assert "invented" in capsys.readouterr().out
    assert (tmp_path / "page.html").is_file()


def test_the_head_tells_all_settings_but_the_place(tmp_path: Path) -> None:
    found = msgspec.json.decode(head(DrillSettings(tmp_path, ("kill",), seed=9)))
    assert (found["faults"], found["seed"], found["times"]["grace"]) == (["kill"], 9, 4.0)
    assert str(tmp_path) not in head(DrillSettings(tmp_path, ("kill",)))
