"""The built wheel, in a clean virtual environment outside of the checkout; and the archive of the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hydrachat import __version__

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hydrachat", "wire", "node", "client", "cluster", "drill")


def run(*words: str, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(folder), str(ROOT), cwd=folder)
    (built,) = folder.glob("hydrachat-*.whl")
    return built


def test_the_wheel_holds_everything_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            assert str(path.relative_to(ROOT)) in names
    assert all(f"{package}/py.typed" in names for package in PACKAGES)
    tops = {name.partition("/")[0] for name in names}
    assert tops == {*PACKAGES, f"hydrachat-{__version__}.dist-info"}


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="no checkout to compare it with")
def test_the_archive_of_the_sources_holds_all_that_the_checkout_does(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path), cwd=ROOT)
    (built,) = tmp_path.glob("hydrachat-*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kept = run("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", cwd=ROOT).split("\0")
    assert {name for name in kept if name and (ROOT / name).exists()} <= names


def test_the_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    # Our own pip, and nothing compiled beforehand: the environment is used once.
    run(sys.executable, "-m", "venv", "--without-pip", "clean", cwd=tmp_path)
    binaries = tmp_path / "clean" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", str(binaries / "python"), "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-compile", str(wheel), cwd=tmp_path)
    assert __version__ in run(str(binaries / "hydrachat"), "--version", cwd=tmp_path)
    for command in ("up", "join", "node", "nodes", "who", "rooms", "redis-cli"):
        assert "Usage" in run(str(binaries / "hydrachat"), command, "--help", cwd=tmp_path)
    code = "from cluster.up import balancer; print(balancer.for_compose())"
    assert "backend nodes" in run(str(binaries / "python"), "-c", code, cwd=tmp_path)
