"""What a drill found, for people: a page, and a summary for the terminal. Pure but for `write`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drill.checker import Verdict
from drill.history import Happening
from drill.report.figures import figures
from drill.report.page import page
from drill.report.terminal import summary

__all__ = ["summary", "write"]


def write(history: Sequence[Happening], verdict: Verdict, path: Path) -> None:
    """One HTML file that needs nothing else. Raises OSError. Any thread."""
    path.write_text(page(verdict, figures(history)), "utf-8")
