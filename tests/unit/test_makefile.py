"""`make help` tells of every target that somebody may ask for, and is what a bare `make` does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import required

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("words", [[], ["help"]])
def test_every_target_is_told(words: list[str]) -> None:
    done = subprocess.run(
        [required("make"), "-C", str(ROOT), "--no-print-directory", *words],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    targets = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split()
    assert [line.split()[1] for line in done.stdout.splitlines()] == targets
