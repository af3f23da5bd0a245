"""A publisher on a scripted link, for the tests of its order and patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from cluster.calls import Caller
from cluster.fresh import Fresh
from cluster.keys import Keys
from cluster.link import Command, Link, Reply
from cluster.pipe import Answer, Request
from cluster.publisher import Publisher, PublisherEvents
from cluster.recovery import Pending, Recovery
from cluster.settings import ClusterSettings
from cluster.term import Standing
from tests.support.waiting import wait_until
from tests.unit.cluster.scripted import Answering, ScriptedLink

SETTINGS = ClusterSettings("n1", "redis://127.0.0.1:1/0")


class StillRecovery(Recovery):
    """Finds everything in order, and counts how often it was asked."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.fresh = Fresh()
        self.server = "run:id"
        self.is_open = True
        self.awaited = "n7"
        self.step = ""
        self.looks: list[bool] = []  # what a look at the term finds; True when it is empty
        self.runs: list[Pending] = []
        self.registrations: list[str] = []

    def look(self, link: Link) -> None:
        pass

    def run(self, link: Link, pending: Pending) -> None:
        self.runs.append(pending)
        self.standing.term = f"run:id:nonce{len(self.runs)}"
        self.standing.registered = self.standing.boot

    def has_opened(self, link: Link) -> bool:
        self.is_open = self.looks.pop(0) if self.looks else True
        return self.is_open

    def register(self, link: Link) -> None:
        self.registrations.append(self.standing.boot)
        self.standing.registered = self.standing.boot


class Loaded(Caller):
    def load_scripts(self, link: Link) -> None:
        pass


class Scene:
    """A publisher on a scripted link, and what it told."""

    def __init__(self, *answers: Answering | Exception) -> None:
        self.standing = Standing(SETTINGS, "boot1")
        self.link = ScriptedLink(*answers)
        self.recovery = StillRecovery(self.standing)
        self.told: list[str] = []
        self.done: list[tuple[str, Answer]] = []
        self.threads: set[str] = set()
        self.waits: list[str] = []
        lost, there, ready, new_boot = (self._teller(word) for word in ("lost", "answers", "ready", "new boot"))
        events = PublisherEvents(lost, there, ready, new_boot, lambda _, why: self.waits.append(why))
        caller = Loaded(self.standing, Keys("{t}:"))
        self.publisher = Publisher(self.link, caller, self.standing, self.recovery, events)
        self.thread = threading.Thread(target=self.publisher.run, name="pipe")

    def _teller(self, word: str):  # type: ignore[no-untyped-def]
        return lambda: self.told.append(word)

    def ask(self, name: str, session: str = "s", script: str = "acknowledge", **rest: object) -> None:
        def done(answer: Answer) -> None:
            self.threads.add(threading.current_thread().name)
            self.done.append((name, answer))

        boot = str(rest.pop("boot", "boot1"))
        self.publisher.submit(Request(script, [session, "claim", name], done, boot, **rest))  # type: ignore[arg-type]

    def start(self) -> None:
        self.thread.start()

    def wait_done(self, count: int) -> list[str]:
        wait_until(lambda: len(self.done) >= count, what=f"{count} done, not only {self.done}")
        return [name for name, _ in self.done]

    def stop(self) -> None:
        self.publisher.stop(time.monotonic() + 1)
        if self.thread.ident:
            self.thread.join(5)


def names(commands: Sequence[Command]) -> list[object]:
    return [command[-1] for command in commands]


def ok(commands: Sequence[Command]) -> list[Reply]:
    return [[b"ok", str(command[-1]).encode()] for command in commands]


def made(scenes: list[Scene], *answers: Answering | Exception) -> Scene:
    scenes.append(Scene(*answers))
    return scenes[-1]
