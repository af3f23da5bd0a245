"""What is installed is what is locked: `requirements/*.txt` agree with pyproject.toml and with one another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUN = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
BUILD = PROJECT["build-system"]["requires"]
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.9", "platform_machine": machine}
    for python in ("3.11", "3.12", "3.13", "3.14")
    for machine in ("x86_64", "aarch64")
]


def wanted(name: str) -> list[str]:
    """Lines of an input file."""
    return [line for line in (FOLDER / name).read_text("utf-8").splitlines() if not line.startswith("#")]


def pins(lock: Path) -> list[Requirement]:
    return [Requirement(line) for line in re.findall(r"^([^\s#-].*?) \\$", lock.read_text("utf-8"), re.MULTILINE)]


def holds(requirement: Requirement, machine: Mapping[str, str]) -> bool:
    """Whether it is for a Linux of that kind."""
    here = {**default_environment(), "sys_platform": "linux", **machine}
    return requirement.marker is None or requirement.marker.evaluate({k: str(v) for k, v in here.items()})


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: f"{m['python_version']}-{m['platform_machine']}")
@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("run.txt", RUN),
        ("build.txt", [*BUILD, *wanted("build.in")]),
        ("server.txt", [*RUN, *EXTRAS["server"], *BUILD, *wanted("build.in")]),
        ("dev.txt", [*RUN, *EXTRAS["server"], *EXTRAS["dev"], *BUILD, *wanted("build.in")]),
        ("fuzz.txt", [*RUN, *EXTRAS["fuzz"]]),
        ("supply.txt", wanted("supply.in")),
    ],
)
def test_all_that_is_asked_for_is_locked_within_its_range(
    lock: str, asked: Iterable[str], machine: Mapping[str, str]
) -> None:
    locked = {canonicalize_name(pin.name): pin for pin in pins(FOLDER / lock) if holds(pin, machine)}
    for each in [Requirement(text) for text in asked]:
        if holds(each, machine):
            pin = locked.get(canonicalize_name(each.name))
            assert pin is not None, f"{each.name} is not in requirements/{lock}: make lock"
            (version,) = pin.specifier
            assert version.operator == "=="
            assert each.specifier.contains(version.version), f"{each} is locked as {version}: make lock"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_pin_has_hashes_and_no_place(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", lock.read_text("utf-8")).strip())
    assert len(blocks) == len(pins(lock)) > 1
    for block in blocks:
        assert re.fullmatch(r"[a-z0-9-]+==[^\s\\]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\s*", block), block


def test_the_parts_have_the_versions_of_the_whole() -> None:
    whole = {str(pin) for pin in pins(FOLDER / "dev.txt")}
    for part in ("run.txt", "build.txt", "server.txt"):
        assert {str(pin) for pin in pins(FOLDER / part)} <= whole, part


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile", ".ci/run"])
def test_nothing_is_installed_without_its_hash(file: str) -> None:
    text = (ROOT / file).read_text("utf-8").replace("\\\n", " ").replace("$(PIP)", "pip install")
    for line in text.splitlines():
        for command in re.findall(r"\bpip\b[^&;#]*? (?:install|wheel) [^&;#]*", line):
            is_ours = {"--no-deps", "--no-build-isolation"} <= set(command.split()) or ".whl" in command
            assert "--require-hashes" in command or is_ours or line.startswith("PIP :="), line
