"""Earlier versions of nodes and clients, out of the history of the checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from drill.processes.former import CHECKOUT, Former, prepared


def before(path: str, folder: Path) -> Former:
    """The state before the file `path` came into the project, unpacked into `folder`. Where the history doesn't reach
    back so far (no checkout, a shallow one) the test is skipped."""
    added = _git("log", "--diff-filter=A", "--format=%H", "--", path).split()
    parent = _git("rev-parse", "--quiet", "--verify", f"{added[-1]}^").strip() if added else ""
    if not parent:
        pytest.skip(f"no history that goes back to before {path}")
    return prepared(parent, folder)


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(CHECKOUT), *words], capture_output=True, text=True, timeout=60, check=False
        )
    except OSError:
        return ""
    return done.stdout
