"""R4: the heartbeat, and what goes with it: the list of nodes, the probe.

One thread; `stop` and `poke` wake it. If Redis is slow it waits at most the link's timeout for each answer. What may
take long is `Upkeep`'s: a lease must not run out over it. Nor over what waits for Redis, or for the interpreter, once
more: a heartbeat asks twice, who the server is and all the rest, and is due so long after the last one began, however
long that took. A disk that is slow to sync makes Redis take a second for each answer.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from cluster.bans import BanReader
from cluster.board import Board
from cluster.calls import Argument, Caller, status
from cluster.errors import ClusterError, Unavailable
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Identity, Link, Reply
from cluster.mapping import is_no_script, reply_error
from cluster.memory import ASK, memory_of
from cluster.roster import told_nodes
from cluster.seam import Beaten, ClusterEvents
from cluster.term import Standing
from cluster.types import NodeInfo
from cluster.waits import Waits


@dataclass(slots=True)
class BeatActions:
    """What the beat asks of the others. None of them blocks."""

    recover_soon: Callable[[str], None]
    new_boot_soon: Callable[[str], None]
    poke: Callable[[], None]
    reset_subscription: Callable[[], None]
    upkeep: Callable[[], None]
    waits: Callable[[float, str], None]  # as in `PublisherEvents`


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
        self._waits = Waits(actions.waits)
        self.nodes: list[NodeInfo] = []
        self.at = 0  # Redis's time of that heartbeat, ms; 0: there was none
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
            began = time.monotonic()
            try:
                well = self._once()
            except ClusterError as error:
                self._waits.on(str(error))
                self._link.close()
                self._board.beating(False)
                self._hearing.restart()
                well = False
            due = began + (settings.beat if well else min(settings.beat, 0.25))
            self._wake.wait(max(0.0, due - time.monotonic()))
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
        nonce, asked = self._listen_to_ourselves(), time.monotonic()
        reply, bans, memory = self._ask(nonce)
        word, took = status(reply), time.monotonic() - asked
        if word == "recover":
            self._actions.recover_soon(term)
        elif word == "late":
            self._actions.new_boot_soon(boot)
        elif word == "superseded":
            self._events.on_superseded()
        else:
            self._bans.look(bans)
            nodes = told_nodes(reply[1:], self._standing.settings.lease)
            self._beaten(nodes, int(reply[1]), Beaten(took, *memory_of(memory)))
            return True
        return False

    def _ask(self, nonce: str) -> tuple[list[Reply], Reply, Reply]:
        """The heartbeat, the bans, our probe; and how full Redis is (`memory_of`). Raises ClusterError."""
        told, bans, _, memory = self._run(nonce)
        if isinstance(told, RedisError) and is_no_script(told):
            self._caller.load_scripts(self._link)
            told, bans, _, memory = self._run(nonce)
        if isinstance(told, RedisError):
            raise reply_error(told)
        return told, bans, memory

    def _run(self, nonce: str) -> list[Reply]:
        beat = self._caller.command("heartbeat", self._row())
        probe = ["PUBLISH", self._keys.node(self._standing.name), f"!probe {nonce}"]
        return self._link.run([beat, self._bans.asking(), probe, ASK])

    def _beaten(self, nodes: list[NodeInfo], at: int, beaten: Beaten) -> None:
        # Whoever is welcomed from now on is told where else he could go.
        if any(info.boot == self._standing.boot for info in nodes):  # else Redis has just lost them all
            self.nodes, self.at = nodes, at
        self._board.beating(True)
        self._waits.over()
        self._actions.poke()  # what the publisher had to put off is tried again
        self._actions.upkeep()
        self._events.on_beat(beaten)

    def _connect(self) -> None:
        if not self._link.is_open:
            self._link.open()  # scripts that it lacks are loaded when one of them is

    def _listen_to_ourselves(self) -> str:
        """What our next probe says."""
        settings = self._standing.settings
        if self._hearing.waited() > settings.timeout:
            self._hearing.reset()
            self._actions.reset_subscription()
        # Two thirds, since a probe goes out once a fifth: so that deafness is told within a lease.
        self._board.hearing(self._hearing.silence() < settings.lease * 0.6)
        nonce = secrets.token_hex(4)
        self._hearing.sent(nonce)
        return nonce

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
            "clock": int(time.time() * 1000),
            "lease": settings.lease,
            "grace": settings.grace,
            "retain": settings.retain,
            "access": settings.access,
            "recalls": 1,
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
