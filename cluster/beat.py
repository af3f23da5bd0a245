"""R4: the heartbeat, and what goes with it: reaping, the tops of local logs, the probe, the list of nodes.

One thread; `stop` and `poke` wake it. If Redis is slow it waits at most the link's timeout for each answer.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cluster.bans import BanReader
from cluster.board import Board
from cluster.calls import Argument, Caller, status
from cluster.errors import ClusterError, Unavailable
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Identity, Link
from cluster.roster import read_nodes
from cluster.seam import ClusterEvents
from cluster.term import Standing
from cluster.types import NodeInfo, Position

LOGS_A_CALL = 500


@dataclass(slots=True)
class BeatActions:
    """What the beat asks of the others. None of them blocks."""

    recover_soon: Callable[[str], None]
    new_boot_soon: Callable[[str], None]
    poke: Callable[[], None]
    reset_subscription: Callable[[], None]


class Beat:
    """`nodes`: the other nodes and this one as of the last heartbeat."""

    def __init__(
        self,
        link: Link,
        caller: Caller,
        keys: Keys,
        standing: Standing,
        identity: Identity,
        events: ClusterEvents,
        board: Board,
        hearing: Hearing,
        actions: BeatActions,
    ) -> None:
        self._link = link
        self._caller = caller
        self._keys = keys
        self._standing = standing
        self._identity = identity
        self._events = events
        self._board = board
        self._hearing = hearing
        self._actions = actions
        self._wake = threading.Event()
        self._stopping = False
        self.nodes: list[NodeInfo] = []
        self._forks: dict[str, tuple[str, str]] = {}  # log -> its epoch, and those before it; replaced whole
        self._told: set[tuple[str, bytes]] = set()  # epoch, what can't be healed in it
        self._bans = BanReader(caller, events.on_bans, events.on_damage)
        self._started = int(time.time() * 1000)  # for people: the process's own clock, Unix ms

    def poke(self) -> None:
        """Beat now. Any thread."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the loop. Any thread, idempotent."""
        self._stopping = True
        self._wake.set()

    def abort(self) -> None:
        """After `stop`: gives up what is being waited for."""
        self._link.finish()

    def run(self) -> None:
        settings = self._standing.settings
        while not self._stopping:
            try:
                well = self._once()
            except ClusterError:
                self._link.close()
                self._board.beating(False)
                self._hearing.restart()
                well = False
            self._wake.wait(settings.beat if well else min(settings.beat, 0.25))
            self._wake.clear()
        self._sign_off()

    def _once(self) -> bool:
        """One heartbeat. Raises ClusterError when Redis is away. False: soon another."""
        self._connect()
        boot, term = self._standing.boot, self._standing.term
        if not term or self._identity(self._link) != self._standing.server:
            self._actions.recover_soon(term)
            return False
        if not self._standing.is_registered:  # a beat now would be taken for one that comes too late
            self._actions.poke()
            return False
        word = status(self._caller.call(self._link, "heartbeat", self._row()))
        if word == "recover":
            self._actions.recover_soon(term)
        elif word == "late":
            self._actions.new_boot_soon(boot)
        elif word == "superseded":
            self._events.on_superseded()
        else:
            self._beaten()
            return True
        return False

    def _beaten(self) -> None:
        # Whoever is welcomed from now on is told where else he could go.
        nodes = read_nodes(self._link, self._keys)
        if any(info.boot == self._standing.boot for info in nodes):  # else Redis has just lost them all
            self.nodes = nodes
        self._bans.look(self._link)
        self._board.beating(True)
        self._actions.poke()  # what the publisher had to put off is tried again
        self._listen_to_ourselves()
        self._caller.call(self._link, "reap")
        self._heal()
        self._tops()

    def _heal(self) -> None:
        """What can't be mended is told once a term: it is tried again with each heartbeat."""
        reply, epoch = self._caller.call(self._link, "heal"), self._standing.epoch
        if status(reply) != "ok":
            return
        self._told = {each for each in self._told if each[0] == epoch}
        for item, why in zip(reply[2::2], reply[3::2], strict=True):
            if (epoch, item) not in self._told:
                self._told.add((epoch, item))
                self._events.on_damage(_damage(item.decode(), why.decode(errors="replace")))

    def _connect(self) -> None:
        if not self._link.is_open:
            self._link.open()
            self._caller.load_scripts(self._link)

    def _listen_to_ourselves(self) -> None:
        settings = self._standing.settings
        if self._hearing.waited() > settings.timeout:
            self._hearing.reset()
            self._actions.reset_subscription()
        # Two thirds, since a probe goes out once a fifth: so that deafness is told within a lease.
        self._board.hearing(self._hearing.silence() < settings.lease * 0.6)
        nonce = secrets.token_hex(4)
        self._hearing.sent(nonce)
        self._link.run([["PUBLISH", self._keys.node(self._standing.name), f"!probe {nonce}"]])

    def forks(self, log: str, epoch: str) -> str:
        """Epochs of a local log before `epoch`, with their forks, newest first; '-' if there is none, '' if that
        isn't known. Any thread."""
        present, former = self._forks.get(log, ("", ""))
        if epoch == present:
            return former or "-"
        _, found, earlier = f",{former}".partition(f",{epoch}=")
        return (earlier.partition(",")[2] or "-") if found else ""

    def _tops(self) -> None:
        logs, epoch = self._events.local_logs(), next((epoch for epoch, _ in self._forks.values()), "")
        forks = {log: self._forks[log] for log in logs if log in self._forks}
        known = {log for log, (of, _) in forks.items() if of == epoch}
        rest = [log for log in logs if log not in known]
        for about, asked in ((epoch, list(known)), ("", rest)):
            for chunk in _chunks(asked):
                if not self._tops_of(chunk, about, forks):
                    return
        self._forks = forks

    def _tops_of(self, logs: Sequence[str], known: str, forks: dict[str, tuple[str, str]]) -> bool:
        """`known`: the epoch in which their former ones are in `forks`. False: they can't be told now."""
        reply = self._caller.call(self._link, "tops", [known, *logs])
        if status(reply) != "ok":
            return False
        epoch = reply[1].decode()
        told = list(zip(logs, reply[2::2], reply[3::2], strict=True))
        self._events.on_tops({log: Position(epoch, int(top)) for log, top, _ in told if top})
        # Of one that is to be healed first what was known holds: the next recovery may need it.
        forks |= {log: (epoch, former.decode()) for log, top, former in told if top and epoch != known}
        return True

    def _row(self) -> list[Argument]:
        settings, told = self._standing.settings, self._events.status()
        row: dict[str, Any] = {
            "id": settings.node,
            "boot": self._standing.boot,
            "address": settings.address,
            "http": settings.http,
            "state": told.state,
            "version": settings.version,
            "clients": told.clients,
            "drain": told.drain,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": self._started,
        }
        return [part for pair in row.items() for part in pair]

    def _sign_off(self) -> None:
        try:
            self._connect()
            self._caller.call(self._link, "signoff")
        except Unavailable:
            pass  # the lease will run out by itself
        finally:
            self._link.close()


def _damage(item: str, why: str) -> str:
    if item.startswith("!"):
        return f"session {item[1:]}, which was over before the loss, can't be ended again: {why}"
    return f"what was lost of {item} can't be brought back: {why}"


def _chunks(logs: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(logs), LOGS_A_CALL):
        yield logs[start : start + LOGS_A_CALL]
