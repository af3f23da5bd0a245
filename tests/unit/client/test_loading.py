"""The front end is imported while the chat connects, and imports only what its first screen needs."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from client import loading
from tests.support.waiting import wait_until

SCREEN = "import hydrachat.cli, client.command, client.fullscreen.front"
MOST_OF_TEXTUAL = 30
"""Modules beyond those of `textual.app`; there are 19."""
LATE = {
    "client.fullscreen.dialogs", "client.terminal.plain", "client.terminal.screen", "client.url", "prompt_toolkit",
    "redis", "tomllib", "rich.syntax", "rich.traceback", "pygments", "textual.pilot",
}  # fmt: skip


def modules(code: str) -> set[str]:
    code += "; import sys; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_the_first_screen_imports_little_beside_textual() -> None:
    base, screen = modules("import textual.app"), modules(SCREEN)
    assert screen & LATE == set()
    more = screen - base
    assert len([name for name in more if name.startswith("textual")]) <= MOST_OF_TEXTUAL
    foreign = {name.partition(".")[0] for name in more} - sys.stdlib_module_names
    assert foreign == {"click", "msgspec", "textual", "client", "wire", "hydrachat"}


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """As it was before."""
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_until_it_is_there() -> None:
    loading.begin("client.terminal.plain")
    assert not gc.isenabled()
    loading.end()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_an_end_without_a_beginning_leaves_all_as_it_is() -> None:
    loading.end()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_module_that_fails_is_told_to_who_needs_it(capfd: pytest.CaptureFixture[str]) -> None:
    loading.begin("client.no_such_module")
    names = [thread.name for thread in threading.enumerate()]
    wait_until(lambda: "hydrachat-import" not in [one.name for one in threading.enumerate()], what=f"{names} end")
    assert capfd.readouterr().err == ""
