"""All who talk in a drill."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from client import ChatError
from drill.settings import DrillSettings
from drill.workload.ending import Cluster, Ending
from drill.workload.guarded import Guarded
from drill.workload.keeper import Keeper
from drill.workload.native import NativeUser
from drill.workload.notes import Gate, Notes
from drill.workload.person import patience
from drill.workload.plain import PlainUser
from drill.workload.racer import Racer
from drill.workload.registered import Registered
from drill.workload.renamers import Renamers
from drill.workload.scene import Scene
from drill.workload.socketed import SocketUser
from drill.workload.stays import LOBBY
from drill.workload.talker import Talker
from drill.workload.visitors import ROOM, Visitors

STEP = 0.02
"""Seconds between two handfuls of messages."""
LANES = 2
RACE_SIDES = "ab"
SCENES = (Registered, Renamers, Guarded, Keeper)


class CrowdFailed(Exception):
    """The drill's own people could not do their part; the text says what."""


class Crowd:
    """`settings.clients` who stay, one in ten of them over a bare native socket and one in ten plain; beside them
    visitors, racers, and scenes. `servers`: the balancer's address, if there is one, then the nodes'; `nodes`: theirs
    alone; `cluster`: the operator's look at the end.

    `enter`, `talk`, `hush`, `finish` in this order, by one thread; `abandon` at any time instead, from that one too."""

    def __init__(
        self,
        servers: Sequence[str],
        nodes: Sequence[str],
        notes: Notes,
        settings: DrillSettings,
        cluster: Cluster,
    ) -> None:
        self._settings = settings
        notes = self.notes = Gate(notes)
        rng = random.Random(settings.seed)
        few = max(1, settings.clients // 10)
        names = [f"t{number:02}" for number in range(1, max(3, settings.clients - 2 * few + 1))]
        patient = patience(settings.times.grace)
        self.talkers = [Talker(nick, turned(servers, turn), notes, patient) for turn, nick in enumerate(names)]
        self.natives = [NativeUser(f"s{turn + 1}", turned(servers, turn + 1), notes) for turn in range(few)]
        self.plains = [PlainUser(f"p{turn + 1}", turned(servers, turn), notes) for turn in range(few)]
        self.racers = [Racer(1, side, turned(nodes, turn), notes) for turn, side in enumerate(RACE_SIDES)]
        self.visitors = [
            Visitors(f"v{lane + 1}", servers, notes, settings.times, random.Random(rng.random()))
            for lane in range(LANES)
        ]
        self.scenes: list[Scene] = [
            scene(servers, notes, settings.times, random.Random(rng.random())) for scene in SCENES
        ]
        self.sockets: list[SocketUser] = [*self.natives, *self.plains]
        self._passing: list[Visitors | SocketUser | Scene] = [*self.visitors, *self.racers, *self.scenes]
        self._ending = Ending(self, notes, settings.times, cluster)
        self._over = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._talk, name="drill-traffic")

    def enter(self) -> None:
        """All who stay come in. Raises CrowdFailed."""
        with ThreadPoolExecutor(8) as pool:
            entered = list(pool.map(Talker.enter, self.talkers))
        if not all(entered):
            out = next(talker for talker, is_in in zip(self.talkers, entered, strict=True) if not is_in)
            raise CrowdFailed(f"{out.nick} could not come into {LOBBY}: {out.chat.error or 'no node let it in'}")
        for talker in self.talkers[::2]:
            talker.join(ROOM)
        for user in self.sockets:
            user.start()
        for talker in self.talkers[::2]:
            if not talker.wait_in(ROOM, self._settings.times.settle):
                raise CrowdFailed(f"{talker.nick} could not come into {ROOM}")
        if not self._ending.all_in():
            raise CrowdFailed("some of those with bare sockets could not come in")

    def talk(self) -> None:
        """Begins the traffic, and lets visitors and racers in; the scenes begin."""
        for user in self.sockets:
            user.talking = True
        self._thread.start()
        for other in self._passing:
            other.start()

    def hush(self) -> None:
        """Ends the traffic; visitors, racers and the people of the scenes leave."""
        self._over.set()
        for user in self.sockets:
            user.talking = False
        for other in self._passing:
            other.stop()
        for other in self._passing:
            other.join()
        if self._thread.ident is not None:
            self._thread.join(60.0)

    def finish(self) -> bool:
        """After `hush`, with all faults mended: waits until everybody has everything, and notes the operator's look.
        Then everybody leaves, unnoted. Whether all was settled in time; if not, the history shows what is missing."""
        return self._ending.run()

    def abandon(self) -> None:
        """Ends whatever runs, without a farewell. Idempotent."""
        self.notes.shut()
        self._over.set()
        everybody: list[Visitors | SocketUser | Scene] = [*self._passing, *self.sockets]
        for scene in self.scenes:
            scene.abandon()
        for other in everybody:
            other.stop()
        for talker in self.talkers:
            talker.plug.pull()
            talker.close()
        for other in everybody:
            other.join()
        if self._thread.ident is not None:
            self._thread.join(60.0)

    @property
    def trouble(self) -> str:
        """Which thread of ours has died, and of what; empty: none."""
        everybody: list[Visitors | SocketUser | Scene] = [*self._passing, *self.sockets]
        for other in everybody:
            if other.fault is not None:
                return f"a thread of the drill has died: {other.fault!r}"
        return f"the traffic has died: {self._fault!r}" if self._fault else ""

    # -- the traffic's thread: stopped by `hush` and `abandon`; when it is slow, less is said --------

    def _talk(self) -> None:
        try:
            turns = self._turns()
            due = 0.0
            while not self._over.wait(STEP):
                due = min(due + self._settings.rate * STEP, 50.0)
                while due >= 1.0 and not self._over.is_set():
                    due -= 1.0
                    next(turns)()
        except Exception as fault:  # noqa: BLE001 - the top of a thread: whatever it is, the drill must hear of it
            self._fault = fault

    def _turns(self) -> Iterator[Callable[[], None]]:
        """Who speaks next and where, for ever: of ten messages one is private and two are for the smaller room."""
        turn = 0
        while True:
            talker = self.talkers[turn % len(self.talkers)]
            other = self.talkers[(turn * 7 + 3) % len(self.talkers)]
            to = LOBBY
            if turn % 10 == 9 and other is not talker:
                to = f"@{other.nick}"
            elif turn % 5 == 1 and ROOM in talker.rooms:
                to = ROOM
            yield lambda talker=talker, to=to: _say(talker, to)  # type: ignore[misc]
            turn += 1


def _say(talker: Talker, to: str) -> None:
    if talker.is_busy:
        return
    try:
        talker.say(to)
    except ChatError:
        pass  # noted as refused; why a client gave up is noted as well


def turned(addresses: Sequence[str], by: int) -> list[str]:
    """All of them, beginning at another one for each."""
    start = by % len(addresses)
    return [*addresses[start:], *addresses[:start]]
