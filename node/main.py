"""One node: how its parts are put together, started, and stopped."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from cluster.seam import ClusterEvents, ClusterSeam
from node import moving
from node.bell import Bell
from node.building import build
from node.certificate import BadCertificate, Certificate
from node.doors import open_doors, reachable
from node.drain import Orders, drain, pace
from node.events import Events
from node.health import HealthServer
from node.listener import Listener
from node.logs import Log
from node.metrics import Metrics
from node.settings import NodeSettings, binding
from node.sources import Sources
from node.standing import Standing
from node.supervise import Supervisor
from node.ticker import Ticker
from node.workers import Workers
from wire import Address, Code
from wire.frames import Error

OK, FAILED, INTERRUPTED = 0, 1, 130
_CRASH, _ORDER = 0, 255
"""What the bell says beside signals' numbers."""
_EXITS = {int(signal.SIGTERM): OK, int(signal.SIGINT): INTERRUPTED}
MakeCluster = Callable[[ClusterEvents, str, str], ClusterSeam]
"""(events, our address, our HTTP address) -> the cluster, not started."""
READERS = 2
STACK = 1024 * 1024
"""Bytes of address space for a thread, six times what the greediest one was seen to need (docs/concurrency.md)."""
_CLOSING = Error(code=Code.DRAINING, text="this node is leaving; connect again")
_ALL_CLOSING = Error(code=Code.DRAINING, text="this node is leaving and no other one serves; connect again later")
_CUT_WITHIN = 1.0


class Node:
    """Bound to its ports when made: raises CantBind, BadCertificate. `start`, then `wait`, then `stop`."""

    def __init__(self, settings: NodeSettings, log: Log, make_cluster: MakeCluster) -> None:
        self._settings = settings
        self._log = log
        self._bell = Bell()
        self._stopped = False
        self._supervisor = Supervisor(log, self._fail)
        self._workers = Workers()
        standing, metrics = Standing(log), Metrics()
        self._scout = moving.Scout(standing)
        self._orders = Orders(lambda: self._bell.ring(_ORDER))
        self._cut_at = math.inf  # monotonic: a signal came, all is over by then
        certificate = Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
        with binding("http", settings.http):
            self._health = HealthServer(settings.http, standing, metrics)
        try:
            sock, behind = open_doors(settings)
        except BaseException:  # Ctrl-C here too must not leave the HTTP port bound; it is raised on
            self._health.close()
            raise
        address = settings.advertise or str(reachable(Address(*sock.getsockname()[:2])))
        http = str(reachable(self._health.address, Address.parse(address).host))
        events = Events(self._workers, self._scout.look, self._orders.put, self._fail)
        cluster = make_cluster(events, address, http)
        self.house = events.house = build(settings, log, cluster, standing, metrics, self._workers, certificate)
        balancers = Sources(settings.proxy_from)
        self._listener = Listener(sock, self.house, Sources(()) if behind else balancers)
        self._behind = Listener(behind, self.house, balancers, only=True) if behind else None
        self._ticker = Ticker(self.house)
        self.address, self.http = self._listener.address, self._health.address
        self.behind = self._behind.address if self._behind else None

    def heed_signals(self) -> None:
        """From now on a signal ends `wait`, also one that begins later. Idempotent. Main thread, before `start`: who
        reads in the log that we are there may send one at once."""
        self._bell.heed_signals()
        for number in _EXITS:
            signal.signal(number, self._on_signal)
        if self.house.certificate is not None:
            signal.signal(signal.SIGHUP, _heard)

    def start(self) -> None:
        """Starts all threads; serves as soon as Redis is reached."""
        self._log.info(
            "starting",
            listen=str(self.address),
            http=str(self.http),
            max_connections=self._settings.max_connections,
        )
        self._tell_certificate()
        threading.stack_size(STACK)
        spawn = self._supervisor.spawn
        spawn("http", self._health.run)
        spawn("deliver", self.house.deliverer.run)
        for number in range(READERS):
            spawn(f"catch-up-{number + 1}", self._workers.run)
        for number in range(self.house.hands.count):
            spawn(f"hello-{number + 1}", self.house.hands.run)
        for number in range(self.house.vault.at_once):
            spawn(f"vault-{number + 1}", self.house.vault.run)
        spawn("tick", self._ticker.run)
        spawn("scout", lambda: self._scout.run(self.house))
        self.house.cluster.start()
        spawn("accept", self._listener.run)
        if self._behind is not None:
            spawn("accept-proxy", self._behind.run)

    def wait(self) -> int:
        """Blocks until a signal or an order to drain comes, or the node fails; the exit code. Main thread."""
        self.heed_signals()
        word = self._bell.wait()
        while not self._ends(word):
            word = self._bell.wait()
        signal.set_wakeup_fd(-1)
        return OK if word == _ORDER else _EXITS.get(word, FAILED)

    def _ends(self, word: int) -> bool:
        if word == signal.SIGHUP:
            self._renew_certificate()
            return False
        return word != _ORDER or self._orders.judge(self.house)

    def _renew_certificate(self) -> None:
        """For who connects from now on. What can't be used leaves the old one in force."""
        if self.house.certificate is None:
            return
        try:
            self.house.certificate.read()
        except BadCertificate as error:
            self._log.error("certificate_kept", reason=str(error))
        else:
            self._tell_certificate()

    def _tell_certificate(self) -> None:
        certificate = self.house.certificate
        if certificate is None:
            return
        self._log.info("certificate", names=", ".join(certificate.names), until=certificate.end)
        if certificate.trouble:
            self._log.warning("certificate_expires", reason=certificate.trouble)

    def stop(self) -> None:
        """Leaves in order within `stop_within` seconds, and as many more as an order gave its clients, unless
        a signal cuts those short. Idempotent; not from a thread of the node."""
        if self._stopped:
            return
        self._stopped = True
        house = self.house
        house.standing.leave()
        house.admission.close()
        house.cluster.beat_soon()
        self._supervisor.stopping()
        self._listener.stop()
        if self._behind is not None:
            self._behind.stop()
        place = self._supervisor.crashed or self._drain()
        deadline = time.monotonic() + self._rest
        self._close_connections(_CLOSING if place else _ALL_CLOSING, deadline - 2)
        house.cluster.stop(deadline - 1)
        self._stop_threads(deadline)
        self._log.info("stopped")

    # -- stopping -------------------------------------------------------------------------

    @property
    def _rest(self) -> float:
        """Seconds for what comes after the drain."""
        return self._settings.stop_within - self._settings.drain

    def _drain(self) -> bool:
        settings, order = self._settings, self._orders.accepted
        seconds = pace(order, len(self.house.roster), settings)
        until = time.monotonic() + settings.drain + (seconds if order else 0.0)
        return drain(self.house, seconds, lambda: min(until, self._cut_at - self._rest))

    def _close_connections(self, last_words: Error, deadline: float) -> None:
        house = self.house
        for connection in house.roster.all():
            connection.dismiss(last_words, within=_CUT_WITHIN)
        if not house.roster.wait_until_none(min(deadline, time.monotonic() + _CUT_WITHIN * 2)):
            for connection in house.roster.all():
                connection.abort()
            house.roster.wait_until_none(deadline)

    def _stop_threads(self, deadline: float) -> None:
        # A client that waited for Redis was answered by the end of the cluster.
        self.house.roster.wait_until_none(min(deadline, time.monotonic() + 0.5))
        house = self.house
        for part in (self._scout, self._ticker, self._workers, house.hands, house.vault, house.deliverer, self._health):
            part.stop()
        late = self._supervisor.join(deadline)
        if late:
            self._log.error("error", reason="threads did not end in time", threads=late)
        self._health.close()
        self.house.doorstep.close()
        if "deliver" not in late:
            self.house.deliverer.close()
        self._bell.close()

    # -- what wakes `wait` ----------------------------------------------------------------

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.house.standing.leaving.is_set() and number == signal.SIGINT:
            os._exit(INTERRUPTED)  # asked twice: now
        # Whoever sent it may kill us soon: also an order that gave more time is cut to what a signal gives.
        self._cut_at = min(self._cut_at, time.monotonic() + self._settings.stop_within)

    def _fail(self) -> None:
        self._bell.ring(_CRASH)


def _heard(_: int, __: FrameType | None) -> None:
    """That the signal doesn't end us: what it asks for is done by `wait`, which the kernel's number wakes."""
