"""One drill, from the start of its cluster to the verdict."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import msgspec

from drill.checker import Verdict, check
from drill.faults.fault import Planned
from drill.faults.registry import named
from drill.history import Happening, History, Kind, load, to_line
from drill.nemesis import Nemesis, schedule
from drill.report import write
from drill.settings import DrillSettings
from drill.workload.crowd import Crowd, CrowdFailed
from drill.world import CannotRun, World

log = logging.getLogger("hydrachat.drill")

HISTORY, REPORT, LOG = "history.jsonl", "report.html", "drill.log"
STEP = 0.2
BUFFER = 1 << 20
HEALED_WITHIN = 120.0
ENOUGH = 6.0
"""Times as long as it should take is a drill that is to end by a number of messages given."""


class Exit(IntEnum):
    """Of the command."""

    KEPT = 0
    BROKEN = 1
    USAGE = 2
    CANNOT = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a drill is. `accepted`: messages; `done`: part of the whole, 0 to 1."""

    phase: str
    elapsed: float = 0.0
    done: float = 0.0
    accepted: int = 0
    faults: int = 0
    active: tuple[Planned, ...] = ()


class Watcher(Protocol):
    """Is told how far the drill is, several times a second, on the thread that runs it. Must not block."""

    def __call__(self, progress: Progress, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """`verdict`: None if it was interrupted or could not run. `trouble`: why it is no proof, or empty. `not_run`:
    classes of fault that could not be injected, and why."""

    exit: Exit
    verdict: Verdict | None = None
    history: Sequence[Happening] = ()
    trouble: str = ""
    not_run: dict[str, str] = dataclasses.field(default_factory=dict)


class Drill:
    """Once. `make_world`: what is to be broken, not started. The folder `settings.out` must not hold a history yet."""

    def __init__(self, settings: DrillSettings, watch: Watcher, make_world: Callable[[], World] = World) -> None:
        self._settings = settings
        self._watch = watch
        self._world = make_world()
        self._planned = schedule(settings, named(settings.faults))
        self._begun = 0.0
        self._trouble: list[str] = []

    def run(self) -> Result:
        """Blocks until it is over; whatever happens, no process is left and what there is of a history is saved.
        Raises OSError when the folder can't be written. One thread, the main one if Ctrl-C is to be heard."""
        try:
            with self._logged(), self._saved() as history:
                not_run = self._drill(history)
        except (CannotRun, CrowdFailed) as error:
            return Result(Exit.CANNOT, trouble=str(error))
        except KeyboardInterrupt:
            return Result(Exit.INTERRUPTED)
        return self._judge(not_run)

    # -- the run ------------------------------------------------------------------------------

    def _drill(self, history: History) -> dict[str, str]:
        """Which classes could not be injected. Raises CannotRun, CrowdFailed."""
        self._watch(Progress("starting the cluster"))
        history.add(Happening("", Kind.RUN, text=head(self._settings)))
        try:
            self._world.start(self._settings)
            crowd = Crowd(self._world.servers, self._world.fronts, history, self._settings, self._world)
            nemesis = Nemesis(self._world, self._planned, history.add)
            try:
                self._people(crowd, nemesis, history)
            finally:
                # In this order whatever happened: what is mended last needs its processes.
                nemesis.stop()
                try:
                    if not nemesis.join(HEALED_WITHIN):
                        self._trouble.append("a fault was not mended in time")
                finally:
                    crowd.abandon()  # also after a second Ctrl-C: its threads would keep the process
        finally:
            self._world.stop()
        self._trouble += [why for why in (nemesis.trouble, crowd.trouble, self._world.trouble) if why]
        return dict(nemesis.not_run)

    def _people(self, crowd: Crowd, nemesis: Nemesis, history: History) -> None:
        self._watch(Progress("letting everybody in"))
        crowd.enter()
        self._begun = time.monotonic()
        nemesis.start()
        crowd.talk()
        self._traffic(crowd, nemesis, history)
        self._tell("mending what is broken", nemesis, history)
        nemesis.stop()
        nemesis.join(HEALED_WITHIN)
        crowd.hush()
        self._tell("letting everybody catch up", nemesis, history)
        if not crowd.finish():
            log.warning("not everybody had everything after %g s", self._settings.times.settle)

    def _traffic(self, crowd: Crowd, nemesis: Nemesis, history: History) -> None:
        settings = self._settings
        most = settings.seconds or ENOUGH * settings.messages / settings.rate + 60.0
        while (elapsed := time.monotonic() - self._begun) < most:
            accepted = history.count(Kind.ACCEPTED)
            if (settings.messages and accepted >= settings.messages) or nemesis.trouble or crowd.trouble:
                return
            time.sleep(STEP)  # what wakes it early is Ctrl-C alone
            done = accepted / settings.messages if settings.messages else elapsed / most
            self._tell("breaking things", nemesis, history, done)
        if settings.messages and history.count(Kind.ACCEPTED) < settings.messages:
            self._trouble.append(f"after {most:.0f} s not {settings.messages} messages were accepted")

    def _tell(self, phase: str, nemesis: Nemesis, history: History, done: float = 1.0) -> None:
        elapsed = time.monotonic() - self._begun
        accepted, faults = history.count(Kind.ACCEPTED), history.count(Kind.FAULT)
        self._watch(Progress(phase, elapsed, min(1.0, done), accepted, faults, tuple(nemesis.active)))

    # -- what is kept of it ---------------------------------------------------------------------

    @contextmanager
    def _saved(self) -> Iterator[History]:
        """A history that keeps only counts in memory: the file has the rest."""
        with (self._settings.out / HISTORY).open("xb", BUFFER) as file:
            yield History(lambda happening: (file.write(to_line(happening)), None)[1], keep=False)

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """The drill's own log, beside those of its processes."""
        self._settings.out.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(self._settings.out / LOG, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            yield
        finally:
            log.removeHandler(handler)
            handler.close()

    def _judge(self, not_run: dict[str, str]) -> Result:
        self._watch(Progress("checking", time.monotonic() - self._begun, 1.0))
        trouble = "; ".join(dict.fromkeys(self._trouble))
        history, verdict = judged(self._settings.out / HISTORY, self._settings.out / REPORT)
        code = Exit.KEPT if verdict.kept else Exit.BROKEN
        if verdict.kept and (not_run or trouble):
            code = Exit.CANNOT
        return Result(code, verdict, history, trouble, not_run)


def judged(path: Path, report: Path | None = None) -> tuple[list[Happening], Verdict]:
    """What a saved history says; the page is written to `report`. Raises OSError, ValueError."""
    history = load(path)
    verdict = check(history)
    if report is not None:
        write(history, verdict, report)
    return history, verdict


def head(settings: DrillSettings) -> str:
    """The settings as JSON, but for where the drill and an earlier version lie: a history says nothing of a machine."""
    found = dataclasses.asdict(settings)
    del found["out"], found["upgrade_from"]
    return msgspec.json.encode(found).decode()
