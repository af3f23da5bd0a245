"""The console command: what it imports, and which exit code comes out."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from hydrachat import __version__, cli


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True, env=os.environ
    )
    return done.stdout


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)
    assert "hydrachat join alice" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_the_overview_imports_no_package() -> None:
    code = (
        "import sys; from hydrachat import cli; cli.run(['--help'])\n"
        "print([n for n in ('redis', 'cluster', 'node', 'client', 'wire') if n in sys.modules], file=sys.stdout)"
    )
    assert python(code).splitlines()[-1] == "[]"


def test_the_operators_commands_import_no_redis_before_they_run() -> None:
    code = (
        "import sys; from hydrachat import cli; cli.run(['who', '--help'])\n"
        "print([n for n in ('redis', 'rich', 'client', 'node') if n in sys.modules])"
    )
    assert python(code).splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nodes", "many"], ["who", "--redis", "nowhere"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    assert arguments[-1] in capsys.readouterr().err


def with_command(monkeypatch: pytest.MonkeyPatch, error: BaseException | int) -> None:
    @click.command()
    def command() -> int:
        if isinstance(error, BaseException):
            raise error
        return error

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: command)


class Refused(click.ClickException):
    exit_code = 5


@pytest.mark.parametrize(
    ("error", "code"),
    [(0, 0), (4, 4), (Refused("taken"), 5), (KeyboardInterrupt(), 130), (BrokenPipeError(), 1)],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException | int, code: int
) -> None:
    stdout = sys.stdout
    with_command(monkeypatch, error)
    try:
        assert cli.run(["who"]) == code
    finally:
        sys.stdout = stdout


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"hydrachat {name}" in shown
