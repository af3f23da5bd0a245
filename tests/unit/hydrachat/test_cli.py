"""The console command: what it imports, and which exit code comes out."""

from __future__ import annotations

import errno
import os
import socket
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


OURS = {"client", "cluster", "hydrachat", "node", "wire"}
SERVERS_ONLY = ("redis", "prometheus_client", "http", "rich", "cluster", "node", "drill")


@pytest.mark.parametrize(
    ("start", "needless"),
    [
        ("from hydrachat import cli; cli.run(['join', '--help'])", (*SERVERS_ONLY, "asyncio", "ssl", "prompt_toolkit")),
        ("import client.command, client.terminal.screen", SERVERS_ONLY),
        ("import node.command, node.real", ("client", "drill", "prompt_toolkit")),
    ],
)
def test_a_start_imports_only_what_it_needs(start: str, needless: tuple[str, ...]) -> None:
    """Imports are all that a start takes: whatever comes with one of these takes a tenth of it or more."""
    code = f"import sys; {start}\nprint([n for n in {needless} if n in sys.modules])"
    assert python(code).splitlines()[-1] == "[]"


OF_A_NODE = {
    "argon2", "click", "hiredis", "msgspec", "prometheus_client", "redis", "structlog", "typing_extensions",
}  # fmt: skip
OF_A_CLIENT = {"click", "msgspec", "typing_extensions"}
IF_THERE = {"async_timeout", "cryptography", "pygments", "sitecustomize"}
"""redis and rich import them where they are installed, redis before Python 3.11.3 another one; Debian's Python has one
of its own."""


@pytest.mark.parametrize(
    ("start", "needed", "most"),
    [
        ("import hydrachat.cli, node.command, node.real", OF_A_NODE, 610),
        (
            "import hydrachat.cli, client.command, client.terminal.screen",
            OF_A_CLIENT | {"prompt_toolkit", "wcwidth"},
            490,
        ),
    ],
    ids=["node", "join --plain"],
)
def test_a_start_imports_so_many_modules_at_most(start: str, needed: set[str], most: int) -> None:
    """Counted, since a time would say more of the machine: 570 and 447 of them when this was written. A package that
    comes at a start has to be named here."""
    names = set(python(f"import sys; {start}\nprint(*sys.modules)").split())
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS
    assert {name for name in foreign if not name.startswith("_")} - IF_THERE == needed
    assert len([name for name in names if name.partition(".")[0] not in IF_THERE]) <= most


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", b"gr?n ?\n"),
        ("ascii:surrogateescape", b"gr?n ?\n"),
        ("latin-1", b"gr\xfcn ?\n"),
        ("utf-8", "grün ☂\n".encode()),
    ],
)
def test_what_does_not_fit_into_the_encoding_of_the_output_is_a_question_mark(encoding: str, shown: bytes) -> None:
    code = "import sys; from hydrachat import cli; cli.run = lambda: print('gr\\xfcn \\u2602'); cli.main()"
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False, env=environment)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", shown)


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nodes", "many"], ["who", "--redis", "nowhere"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    assert arguments[-1] in capsys.readouterr().err


NODE = ["node", "--id", "n1", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--redis", "redis://127.0.0.1:1/0"]


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ([*NODE, "--lease", "abc"], {}, "'--lease': 'abc' is not allowed; write a number from 0.5 to 3600"),
        ([*NODE, "--lease", "0"], {}, "'--lease': 0.0 is not allowed; write a number from 0.5 to 3600"),
        ([*NODE, "--lease", "nan"], {}, "'--lease': nan is not allowed; write a number from 0.5 to 3600"),
        (NODE, {"LEASE": "abc"}, "'--lease' (from HYDRACHAT_LEASE): 'abc' is not allowed; write a number from 0.5"),
        (
            NODE,
            {"RETAIN": "1.5"},
            "'--retain' (from HYDRACHAT_RETAIN): '1.5' is not allowed; write a whole number from 1",
        ),
        (NODE, {"PREFIX": "chat:"}, "'--prefix' (from HYDRACHAT_PREFIX): 'chat:' is not allowed; write a hash tag"),
        (
            NODE,
            {"LOG_FORMAT": "xml"},
            "'--log-format' (from HYDRACHAT_LOG_FORMAT): 'xml' is not one of 'human', 'json'",
        ),
        ([*NODE, "--lease", "9999"], {"LEASE": "5"}, "'--lease': 9999.0 is not"),
        (["node"], {}, "'--id' (or HYDRACHAT_ID)"),
        (["node", "--id", "n1"], {}, "'--listen' (or HYDRACHAT_LISTEN)"),
        (["up", "--lease", "abc"], {}, "'--lease': 'abc' is not allowed; write a number from 0.5 to 3600"),
        (["up"], {"HISTORY": "201"}, "'--history' (from HYDRACHAT_HISTORY): 201 is not allowed; write a whole number"),
        (["up", "--grace", "nan"], {}, "'--grace': nan is not allowed; write a number from 0 to 86400"),
        (
            ["up"],
            {"BASE_PORT": "x"},
            "'--port' (from HYDRACHAT_BASE_PORT): 'x' is not allowed; write a whole number from 1",
        ),
        (
            ["nodes"],
            {"REDIS": "nowhere"},
            "'--redis' (from HYDRACHAT_REDIS): 'nowhere' is not a Redis address; allowed:",
        ),
        (
            ["join", "ann"],
            {"BASE_PORT": "0"},
            "'--base-port' (from HYDRACHAT_BASE_PORT): 0 is not allowed; write a whole",
        ),
    ],
)
def test_a_bad_setting_is_told_with_its_source_and_what_is_allowed(
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"HYDRACHAT_{name}", value)
    assert cli.run(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["listen", "http"])
def test_a_port_in_use_is_told_with_its_setting(setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert cli.run([*NODE, f"--{setting}", where]) == 2
    assert f"'--{setting}': can't bind {where}: Address already in use" in capsys.readouterr().err


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
    [
        (0, 0),
        (4, 4),
        (Refused("taken"), 5),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(errno.EPIPE, "broken pipe"), 141),
        (OSError(errno.ENOSPC, "no space left"), 1),
    ],
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
