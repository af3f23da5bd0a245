"""One node: how its parts are put together, started, and stopped."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

from cluster.seam import ClusterEvents, ClusterSeam
from node import moving
from node.deliverer import Deliverer
from node.events import Events
from node.health import HealthServer
from node.house import House
from node.listener import Listener, listen
from node.logs import Log
from node.metrics import Metrics
from node.registry import Registry
from node.rooms import Rooms
from node.roster import Roster
from node.settings import NodeSettings
from node.standing import Standing
from node.supervise import Supervisor
from node.ticker import Ticker
from node.workers import Workers
from wire import Address, Code
from wire.frames import Error

OK, FAILED, INTERRUPTED = 0, 1, 130
_EXITS = {int(signal.SIGTERM): OK, int(signal.SIGINT): INTERRUPTED}
MakeCluster = Callable[[ClusterEvents, str, str], ClusterSeam]
"""(events, our address, our HTTP address) -> the cluster, not started."""
READERS = 2
STACK = 8 * 1024 * 1024
"""Bytes of address space for a client's thread. It touches a few pages of them only (20 KiB, measured, the same
as with 256 KiB), but a line of nothing than opening brackets makes the JSON decoder need 3 MiB on
Python 3.13, and a node that has less dies of it."""
_CLOSING = Error(code=Code.DRAINING, text="this node is leaving; connect again")
_CUT_WITHIN = 1.0


class Node:
    """Bound to its ports when made: raises OSError. `start`, then `wait`, then `stop`."""

    def __init__(self, settings: NodeSettings, log: Log, make_cluster: MakeCluster) -> None:
        self._settings = settings
        self._log = log
        # What `wait` sleeps on; a pipe, since a signal handler may not touch a lock.
        self._wakeup, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        self._stopped = False
        self._supervisor = Supervisor(log, self._fail)
        self._workers = Workers()
        standing, metrics = Standing(log), Metrics()
        self._scout = moving.Scout(standing)
        self._health = HealthServer(settings.http, standing, metrics)
        try:
            sock = listen(settings.listen)
        except BaseException:
            self._health.close()
            raise
        address = settings.advertise or str(_reachable(Address(*sock.getsockname()[:2])))
        http = str(_reachable(self._health.address, Address.parse(address).host))
        events = Events(self._workers, self._scout.look, self._fail)
        cluster = make_cluster(events, address, http)
        self.house = events.house = House(
            settings=settings,
            cluster=cluster,
            rooms=Rooms(cluster.read, cluster, self._workers, metrics),
            registry=Registry(),
            roster=Roster(settings.max_connections),
            deliverer=Deliverer(),
            standing=standing,
            metrics=metrics,
            log=log,
        )
        self._listener = Listener(sock, self.house)
        self._ticker = Ticker(self.house)
        self.address, self.http = self._listener.address, self._health.address

    def start(self) -> None:
        """Starts all threads; serves as soon as Redis is reached."""
        self._log.info("starting", listen=str(self.address), http=str(self.http))
        threading.stack_size(STACK)
        spawn = self._supervisor.spawn
        spawn("http", self._health.run)
        spawn("deliver", self.house.deliverer.run)
        for number in range(READERS):
            spawn(f"catch-up-{number + 1}", self._workers.run)
        spawn("tick", self._ticker.run)
        spawn("scout", lambda: self._scout.run(self.house))
        self.house.cluster.start()
        spawn("accept", self._listener.run)

    def wait(self) -> int:
        """Blocks until a signal comes or the node fails; the exit code. Main thread."""
        # The kernel gives a signal to any thread, and Python's handler runs in the main one, which sleeps here: only
        # the number that C writes into the pipe is sure to wake it.
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        for number in _EXITS:
            signal.signal(number, self._on_signal)
        word = os.read(self._wakeup, 1)
        signal.set_wakeup_fd(-1)
        return _EXITS.get(word[0], FAILED)

    def stop(self) -> None:
        """Leaves in order within `stop_within` seconds. Idempotent; not from a thread of the node."""
        if self._stopped:
            return
        self._stopped = True
        deadline = time.monotonic() + self._settings.stop_within
        house = self.house
        house.standing.leave()
        self._supervisor.stopping()
        self._listener.stop()
        if not self._supervisor.crashed:
            moving.drain(house, deadline - 4)
        self._close_connections(deadline - 2)
        house.cluster.stop(deadline - 1)
        self._stop_threads(deadline)
        self._log.info("stopped")

    # -- stopping -------------------------------------------------------------------------

    def _close_connections(self, deadline: float) -> None:
        house = self.house
        threads = [connection.thread for connection in house.roster.all()]
        for connection in house.roster.all():
            connection.dismiss(_CLOSING, within=_CUT_WITHIN)
        if not house.roster.wait_until_none(min(deadline, time.monotonic() + _CUT_WITHIN * 2)):
            for connection in house.roster.all():
                connection.abort()
            house.roster.wait_until_none(deadline)
        for thread in threads:
            if thread is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _stop_threads(self, deadline: float) -> None:
        # A client that waited for Redis was answered by the end of the cluster.
        self.house.roster.wait_until_none(min(deadline, time.monotonic() + 0.5))
        for part in (self._scout, self._ticker, self._workers, self.house.deliverer, self._health):
            part.stop()
        late = self._supervisor.join(deadline)
        if late:
            self._log.error("error", reason="threads did not end in time", threads=late)
        self._health.close()
        if "deliver" not in late:
            self.house.deliverer.close()
        os.close(self._wakeup)
        os.close(self._bell)
        self._bell = -1  # a late signal must not write into somebody else's descriptor

    # -- what wakes `wait` ----------------------------------------------------------------

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.house.standing.leaving.is_set() and number == signal.SIGINT:
            os._exit(INTERRUPTED)  # asked twice: now

    def _fail(self) -> None:
        try:
            os.write(self._bell, b"\0")
        except OSError:
            pass  # told often enough, or stopped


def _reachable(address: Address, host: str = "") -> Address:
    """Where others find what is bound to `address`: a wildcard is no place to go to. `host`: ours, if known."""
    wildcard = address.host in ("0.0.0.0", "::")
    return Address(host or socket.gethostname(), address.port) if wildcard else address
