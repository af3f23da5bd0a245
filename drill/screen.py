"""A drill in progress, on a terminal or line by line."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress as Bar, SpinnerColumn, TextColumn, TimeElapsedColumn

from drill.run import Progress

LINE_EVERY = 30.0
"""Seconds between two lines of one phase, where there is no terminal."""


class Screen:
    """A `run.Watcher`; use it as a context manager. One thread."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phase = ""
        self._line_at = 0.0
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, TextColumn("{task.fields[more]}"), console=console, transient=True)
        self._task = self._bar.add_task("", total=1.0, more="")

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        if self._console.is_terminal:
            self._bar.update(self._task, completed=progress.done, description=progress.phase, more=_more(progress))
            return
        now = time.monotonic()
        if progress.phase != self._phase or now >= self._line_at:
            self._line_at = now + LINE_EVERY
            self._console.print(
                f"{progress.elapsed:5.0f} s  {progress.phase}  {_more(progress)}".rstrip(), markup=False, soft_wrap=True
            )
        self._phase = progress.phase


def _more(progress: Progress) -> str:
    if not progress.elapsed:
        return ""
    active = ", ".join(f"{planned.fault} {planned.target}".strip() for planned in progress.active)
    return f"{progress.accepted} accepted, {progress.faults} faults" + (f" (now: {active})" if active else "")
