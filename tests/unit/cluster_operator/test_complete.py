"""Completion in shells: the scripts, and the names that are read from Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hydrachat import cli
from tests.support.ports import free_port
from tests.support.programs import required
from tests.support.terminal import Terminal
from tests.unit.cluster_operator.conftest import P, settle_in


def completed(words: str, redis: str = "") -> list[str]:
    """What bash is offered for the last of `words`, which may be empty."""
    environment = {
        **os.environ,
        "_HYDRACHAT_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "HYDRACHAT_REDIS": redis or f"redis://127.0.0.1:{free_port()}/0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "hydrachat"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_and_options_without_redis() -> None:
    assert completed("hydrachat h") == ["history"]
    assert completed("hydrachat history --fo") == ["--follow"]
    assert set(completed("hydrachat ")) == set(cli.COMMANDS)


def test_names_from_redis(db: Any, redis_url: str) -> None:
    assert completed("hydrachat who ", redis_url) == ["Alice", "Bob"]
    assert completed("hydrachat who a", redis_url) == ["Alice"]
    assert completed("hydrachat sessions n", redis_url) == ["n1", "n2"]
    assert completed("hydrachat history ", redis_url) == ["lobby"]
    assert completed("hydrachat history \\#l", redis_url) == ["\\#lobby"], "# alone begins a comment"


def test_what_is_banned_or_registered(db: Any, redis_url: str) -> None:
    db.zadd(P + "bans", {"nick:mallory": 1, "net:10.1.0.0/16": 2})
    db.hset(P + "accounts", "a1", "carol")
    assert completed("hydrachat unban ", redis_url) == ["10.1.0.0/16", "mallory"]
    assert completed("hydrachat unregister c", redis_url) == ["carol"]


def test_the_option_in_front_of_the_name_counts(db: Any, redis_url: str) -> None:
    assert completed(f"hydrachat who --redis {redis_url} ") == ["Alice", "Bob"]


SIGNS = [";", "$(", "`", "|", "&", ">", "'", '"', "\\", "~", "\x1b", "\u202e", "!", "(", "\n"]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_nickname_that_a_shell_would_carry_out_is_not_offered(sign: str, db: Any, redis_url: str) -> None:
    settle_in(db, "s3", f"x{sign}y", "n1/b1")
    settle_in(db, "s4", "xü🦑-1", "n1/b1")
    assert completed("hydrachat who x", redis_url) == ["xü🦑-1"]


def test_a_redis_that_is_away_or_silent_offers_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for redis in ("", f"redis://127.0.0.1:{silent.getsockname()[1]}/0"):
            assert completed("hydrachat who a", redis) == []


def test_data_that_are_none_offer_nothing(db: Any, redis_url: str) -> None:
    db.set(P + "presence", "no hash")
    assert completed("hydrachat who a", redis_url) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_HYDRACHAT_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, timeout=30, check=True)


def test_another_shell_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The console command."""
    found = tmp_path / "hydrachat"
    found.write_text(f'#!/bin/sh\nexec {sys.executable} -m hydrachat "$@"\n')
    found.chmod(0o755)
    return found


def installed(shell: str, program: Path) -> str:
    """The file with the script."""
    found = program.parent / f"completion.{shell}"
    with found.open("w") as file:
        subprocess.run([str(program), "completion", shell], stdout=file, timeout=60, check=True)
    return str(found)


def test_bash_itself_completes(db: Any, redis_url: str, program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "bash"]) == 0
    asked = f'COMP_WORDS=(hydrachat who A); COMP_CWORD=2; _hydrachat_completion {program}; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", capsys.readouterr().out + asked],
        env={**os.environ, "HYDRACHAT_REDIS": redis_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "Alice\n"


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("hydrachat who A", ["Alice"]),
        ("hydrachat up", ["up\tStart Redis, nodes and a balancer on this machine."]),
        ("hydrachat history --fo", ["--follow\tGo on with what comes, until Ctrl-C."]),
        ("hydrachat completion f", ["fish"]),
    ],
)
def test_fish_itself_completes(line: str, offered: list[str], db: Any, redis_url: str, program: Path) -> None:
    fish = required("fish")
    home = str(program.parent)
    done = subprocess.run(
        [fish, "--no-config", "-c", f'source {installed("fish", program)}; complete -C "{line}"'],
        env={**os.environ, "PATH": f"{home}:{os.environ['PATH']}", "HOME": home, "HYDRACHAT_REDIS": redis_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == offered


def test_zsh_itself_completes(db: Any, redis_url: str, program: Path) -> None:
    """Which it does at a terminal only."""
    zsh, home = required("zsh"), str(program.parent)
    environment = {"PATH": f"{home}:{os.environ['PATH']}", "HOME": home, "HYDRACHAT_REDIS": redis_url}
    with Terminal(required("tmux"), [zsh, "-f", "-i"], size=(100, 40), env=environment) as terminal:
        terminal.type("PS1='> '; autoload -U compinit; compinit -D -u", "Enter")
        terminal.type(f"source {installed('zsh', program)}; echo rea''dy", "Enter")
        terminal.shows("ready")
        terminal.type("hydrachat who A", "Tab")
        terminal.shows("> hydrachat who Alice")
        terminal.keys("C-u")
        terminal.type("hydrachat history --fo", "Tab")
        terminal.shows("> hydrachat history --follow")
        terminal.keys("C-u")
        terminal.type("hydrachat ", "Tab")
        terminal.shows("Start Redis, nodes and a balancer on this machine.", "restart-all")
