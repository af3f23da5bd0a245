"""An earlier version of the nodes, to be run beside the present one with the libraries of the present environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drill.processes.process import environment
from drill.processes.programs import CannotRun

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder of this program: a checkout, unless it was installed."""
WITHIN = 60.0
NONE_FOUND = "no earlier version: name one with --upgrade-from"
_SCHEMA = "import cluster.settings as s; print(s.SCHEMA, s.__file__)"


@dataclass(frozen=True, slots=True)
class Former:
    """`name`: for people; `folder`: where its packages lie."""

    name: str
    folder: Path

    @property
    def command(self) -> Sequence[str]:
        """What a node of that version is started with, before its options."""
        return [*_with_path(self.folder), sys.executable, "-m", "node"]


def found(wanted: str, checkout: Path = CHECKOUT) -> str:
    """`wanted`, or the latest tag before the present state, or the commit before the present one where nothing was
    tagged yet; empty if there is none, or no checkout, or no git."""
    if wanted or not (checkout / ".git").exists():
        return wanted
    for words in (["describe", "--tags", "--abbrev=0"], ["rev-parse", "--quiet", "--verify", "--short", "HEAD^"]):
        try:
            return _output(["git", "-C", str(checkout), *words])
        except CannotRun:
            pass
    return ""


def prepared(wanted: str, folder: Path, checkout: Path = CHECKOUT) -> Former:
    """`wanted`: a folder with the packages, or whatever git takes for a commit, which is unpacked into `folder`; empty:
    see `found`. Raises CannotRun with the reason for which nodes of both can't run together."""
    name = found(wanted, checkout)
    if not name:
        raise CannotRun(NONE_FOUND)
    former = Former(name, Path(name).resolve() if Path(name).is_dir() else _unpacked(name, folder, checkout))
    before, where = _output([*_with_path(former.folder), sys.executable, "-P", "-c", _SCHEMA]).split(" ", 1)
    if not Path(where).is_relative_to(former.folder):
        raise CannotRun(f"{name} has no package cluster")
    now = _output([sys.executable, "-P", "-c", _SCHEMA]).split(" ", 1)[0]
    if before != now:
        raise CannotRun(f"{name} writes data of schema {before}, this version of {now}: they don't run side by side")
    return former


def _unpacked(name: str, folder: Path, checkout: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "former.tar"
    # --end-of-options: a name that begins with a dash is none of git's options.
    words = ["git", "-C", str(checkout), "archive", "--format=tar", f"--output={archive}", "--end-of-options", name]
    _output(words)
    _output(["tar", "-xf", str(archive), "-C", str(folder)])
    archive.unlink()
    return folder


def _with_path(folder: Path) -> list[str]:
    """Goes before a command: its modules are looked for in `folder` first."""
    return [shutil.which("env") or "/usr/bin/env", f"PYTHONPATH={folder}"]


def _output(words: Sequence[str]) -> str:
    """What a program prints. Raises CannotRun with its complaint."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=WITHIN, check=False, env=environment(), cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"{words[0]}: {error}") from error
    if done.returncode:
        raise CannotRun(f"{words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
