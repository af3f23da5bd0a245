"""What is done from the view, each on a thread of its own. The screen never waits for one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import click

from cluster.operator import acts, drain as draining, words
from cluster.operator.acting import desk, silent
from cluster.operator.connect import connect
from cluster.operator.errors import Failed

Say = Callable[[str], None]
Work = Callable[[Say], object]


class Jobs:
    """`said(job, text)` and `ended(job, error)` are called on the job's thread. A job that still runs when the program
    ends is left alone: what it watches goes on by itself."""

    def __init__(self, said: Callable[[str, str], None], ended: Callable[[str, str], object]) -> None:
        self._said, self._ended = said, ended

    def start(self, job: str, work: Work) -> None:
        """Any thread; returns at once."""
        threading.Thread(target=self._run, args=(job, work), name=f"top-{job}", daemon=True).start()

    def _run(self, job: str, work: Work) -> None:
        try:
            work(lambda text: self._said(job, text))
        except click.ClickException as error:
            self._ended(job, error.message)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self._ended(job, f"{type(error).__name__}: {error}")
        else:
            self._ended(job, "")


class Acts:
    """What can be done to a real cluster. Each blocks until it is over; any thread. Raises Failed."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url, self._prefix = url, prefix

    def drain(self, node: str, force: bool, say: Say) -> None:
        """As `hydrachat drain` does."""
        with connect(self._url) as client:
            draining.drain(client, self._prefix, node, None, force, say)

    def kick(self, nick: str, reason: str, say: Say) -> None:
        """As `hydrachat kick` does."""
        with desk(self._url, self._prefix, silent) as at:
            kicked = acts.kick(at, words.mapped(nick), " ".join(reason.split()))
        if kicked is None:
            raise Failed("nobody has that nickname any more")
        say(f"{kicked.nick} was kicked (at {kicked.node}, in {' '.join(kicked.rooms) or 'no room'})")
