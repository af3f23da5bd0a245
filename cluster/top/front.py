"""The screen as `hydrachat top` starts it. Main thread."""

from __future__ import annotations

import click

from cluster.top.app import TopApp
from cluster.top.facts import Facts
from cluster.top.jobs import Acts


def show(url: str, where: str, prefix: str, interval: float, view: str) -> int:
    """Until somebody quits; returns the exit code. `where`: `url` without its password. Raises BadSetting."""
    app = TopApp(Facts(url, prefix), Acts(url, prefix), where, interval, view, signals=True)
    app.run(mouse=False)  # a terminal that reports the mouse can't mark text
    if app.error is not None:
        raise app.error
    for job in app.unfinished:
        click.echo(f"{job}: not over yet; it goes on without this view", err=True)
    return app.return_code or 0
