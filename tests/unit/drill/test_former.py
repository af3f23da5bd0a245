"""An earlier version to upgrade from: found, unpacked, and run with the libraries of this environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from drill.faults.fault import Planned
from drill.faults.registry import FAULTS
from drill.processes.former import CHECKOUT, found, prepared
from drill.processes.process import environment
from drill.settings import DrillSettings
from drill.world import CannotRun, World

in_a_checkout = pytest.mark.skipif(not (CHECKOUT / ".git").exists(), reason="no checkout, so nothing to unpack")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, env=environment())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With one commit, which has no packages."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "first")
    return folder


def test_the_latest_tag_or_else_the_commit_before_is_the_earlier_version_unless_one_is_named(checkout: Path) -> None:
    assert found("", checkout) == ""
    git(checkout, "commit", "--allow-empty", "-m", "second")
    first = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "HEAD^"], capture_output=True, text=True, check=True
    )
    assert first.stdout.startswith(found("", checkout))
    for tag in ("v0.1", "v0.2"):
        git(checkout, "commit", "--allow-empty", "-m", tag)
        git(checkout, "tag", tag)
    git(checkout, "commit", "--allow-empty", "-m", "present")
    assert found("", checkout) == "v0.2"
    assert found("v0.1", checkout) == "v0.1"


def test_what_is_no_checkout_has_no_earlier_version(tmp_path: Path) -> None:
    assert found("", tmp_path) == ""


def test_why_there_is_none_is_told(checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="no earlier version"):
        prepared("", tmp_path / "former", checkout)
    with pytest.raises(CannotRun, match=r"git: .*nowhere"):
        prepared("nowhere", tmp_path / "former", checkout)
    with pytest.raises(CannotRun, match="HEAD has no package cluster"):
        prepared("HEAD", tmp_path / "former", checkout)


def test_one_with_another_schema_does_not_run_beside_this(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "__init__.py").touch()
    (tmp_path / "cluster" / "settings.py").write_text("SCHEMA = 0\n")
    with pytest.raises(CannotRun, match="schema 0"):
        prepared(str(tmp_path), tmp_path / "unused")


@in_a_checkout
def test_its_nodes_are_of_its_own_code(tmp_path: Path) -> None:
    former = prepared("HEAD", tmp_path / "former")
    (former.folder / "node" / "__main__.py").write_text("print('of the earlier version')\n")
    done = subprocess.run(former.command, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path)
    assert done.stdout == "of the earlier version\n"


@in_a_checkout
def test_nodes_are_changed_one_after_the_other_and_back(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    planned, upgrade = Planned(1, "upgrade", 0.0, 0.0, "n2 n1"), FAULTS["upgrade"]
    with World() as world:
        world.start(DrillSettings(tmp_path, ("upgrade",), nodes=2, upgrade_from="HEAD"))
        assert upgrade.cannot(world) == ""
        assert versions(world, tmp_path) == [True, True]
        first = [node.pid for node in world.nodes.values()]
        upgrade.begin(world, planned)
        assert [node.pid for node in world.nodes.values()] == first
        upgrade.end(world, planned)
        assert versions(world, tmp_path) == [False, False]
        upgrade.begin(world, planned)
        assert versions(world, tmp_path) == [True, True]
        assert [node.ready_code() for node in world.nodes.values()] == [200, 200]


def versions(world: World, folder: Path) -> list[bool]:
    """Which nodes run the one that lies in `folder`, by what the kernel says of their processes."""
    path = f"PYTHONPATH={folder}".encode()
    return [path in Path(f"/proc/{node.pid}/environ").read_bytes() for node in world.nodes.values()]


def test_without_one_it_can_not_be_injected(redis_server: str, haproxy: str, tmp_path: Path) -> None:
    with World() as world:
        world.start(DrillSettings(tmp_path, ("upgrade",), nodes=2, upgrade_from="no/such/version"))
        assert "no/such/version" in FAULTS["upgrade"].cannot(world)
        assert [node.ready_code() for node in world.nodes.values()] == [200, 200]
