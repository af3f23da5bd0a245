"""An operator's command line, and people who note what comes of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from client.chat import ChatClient
from client.errors import Refused
from client.events import AnnounceEvent, Event, LeftEvent, Stopped
from client.settings import Settings
from tests.support.deployment import Deployment
from tests.support.processes import environment
from tests.support.waiting import wait_until

PATIENCE = 60.0


def run(cluster: Deployment, *words: str) -> tuple[int, str]:
    """`hydrachat WORDS`: its exit code and what it said."""
    return run_at(cluster.redis.url, *words)


def run_at(url: str, *words: str) -> tuple[int, str]:
    """The same, where Redis is at `url`."""
    argv = [sys.executable, "-P", "-m", "hydrachat", *words, "--redis", url]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, env=environment()
    )
    return done.returncode, done.stdout


class Person:
    """A client that notes all events."""

    def __init__(self, stack: ExitStack, nick: str, servers: Sequence[str], settings: Settings | None = None) -> None:
        self.events: list[Event] = []
        self.chat = stack.enter_context(ChatClient(servers, nick, on_event=self.events.append, settings=settings))

    def left(self, nick: str) -> list[tuple[str, str]]:
        events = [event for event in list(self.events) if isinstance(event, LeftEvent) and event.nick == nick]
        return [(event.reason, event.why) for event in events]

    def announced(self) -> list[str]:
        """What operators said."""
        return [event.text for event in list(self.events) if isinstance(event, AnnounceEvent)]

    def stopped_by(self) -> Refused | None:
        """What ended it for good."""
        ends = [event.error for event in list(self.events) if isinstance(event, Stopped)]
        return ends[0] if ends and isinstance(ends[0], Refused) else None

    def wait_stopped(self) -> Refused:
        wait_until(self.stopped_by, timeout=20, what="it is told and stops")
        error = self.stopped_by()
        assert error is not None
        return error
