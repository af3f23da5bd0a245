"""The network thread: carries out what the failover machine wants, and tells it what happened.

Who stops it: the machine, when it reaches STOPPED (quit, close, a final error). Who notices when it
dies: `on_end` is called whatever happens. What fills when it is slow: the sockets, then the nodes'
outboxes. When the user is slow it stops reading. Its one blocking call, `select`, is woken by
`wake` (a socket pair), by the sockets, or at the machine's deadline.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from client.actions import Action, Close, Connect, Emit, Send
from client.errors import Crashed, LinkLost, Untrusted
from client.events import Event
from client.failover import Failover
from client.links import Phase
from client.pipe import Pipe
from client.resolve import Answer, resolve
from client.transport import TransportFactory
from wire.address import Address
from wire.errors import WireError
from wire.frames import ClientFrame

if TYPE_CHECKING:
    from client.trust import Trust

log = logging.getLogger("hydrachat.client")
Command = Callable[[Failover, float], list[Action]]


class Network:
    """`deliver` is called on the network thread with each event, `congested` says whether to stop
    reading for now, `on_end` is called once, last, with the fault if there was one."""

    def __init__(
        self,
        machine: Failover,
        factory: TransportFactory,
        *,
        deliver: Callable[[Event], None],
        congested: Callable[[], bool],
        on_end: Callable[[Crashed | None], None],
        trust: Trust | None = None,
    ) -> None:
        self._machine = machine
        self._factory = factory
        self._trust = trust  # None: without TLS
        self._deliver = deliver
        self._congested = congested
        self._on_end = on_end
        self._selector = selectors.DefaultSelector()
        self._pipes: dict[int, Pipe] = {}
        self._watched: dict[int, tuple[int, int]] = {}  # link -> file descriptor, events
        self._commands: deque[Command] = deque()  # filled by any thread: appending is atomic
        self._waker, self._wakee = socket.socketpair()
        self._waker.setblocking(False)
        self._wakee.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="hydrachat-network", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, command: Command) -> None:
        """Runs `command` on the network thread, in order. Any thread; never blocks."""
        self.put(command)
        self.wake()

    def put(self, command: Command) -> None:
        """As `submit`, but it does nothing before the next `wake`: may be called under a lock."""
        self._commands.append(command)

    def wake(self) -> None:
        """Any thread; never blocks. Harmless after the end."""
        try:
            self._waker.send(b"\0")
        except OSError:
            # Full: it is being woken already. Closed: it has ended.
            pass

    def abort(self) -> None:
        """Instead of `start`: lets go of what was made for it."""
        self._release()

    def join(self, timeout: float | None) -> bool:
        """Whether the thread has ended. Not from the network thread."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def left_behind(self) -> None:
        """In the child of a fork, instead of all else: lets go of its copies of the connections, which would stand as
        long as the child does, whatever becomes of the parent. None is closed: that might say something, by TLS."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for fileno in (self._waker.fileno, self._wakee.fileno, *(pipe.fileno for pipe in self._pipes.values())):
            with suppress(LinkLost, OSError):  # not open (yet)
                os.dup2(nothing, fileno(), inheritable=False)
        os.close(nothing)

    @property
    def current(self) -> bool:
        """Whether the caller is the network thread."""
        return threading.current_thread() is self._thread

    # -- the loop, network thread --------------------------------------------------------

    def _run(self) -> None:
        crash: Crashed | None = None
        try:
            self._loop()
        except BaseException as fault:
            # The top of a supervised thread: whatever it is, who waits for us must hear of it.
            log.exception("the network thread died")
            crash = Crashed(f"the network thread died: {fault!r}")
            crash.__cause__ = fault
        finally:
            self._release()
            self._on_end(crash)

    def _loop(self) -> None:
        self._selector.register(self._wakee, selectors.EVENT_READ, None)
        self._do(self._machine.start(time.monotonic()))
        while self._machine.phase is not Phase.STOPPED:
            self._watch()
            timeout, looked = self._timeout(), time.monotonic()
            for key, events in self._selector.select(timeout):
                if key.data is None:
                    self._drain_wakee()
                elif key.data in self._pipes:
                    self._serve(self._pipes[key.data], events)
            self._machine.looked = looked
            while self._commands:
                self._do(self._commands.popleft()(self._machine, time.monotonic()))
            self._do(self._machine.tick(time.monotonic()))

    def _timeout(self) -> float | None:
        if self._commands:
            return 0.0
        deadline = self._machine.deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def _watch(self) -> None:
        # Who leaves takes no events any more, and the node's bye stands behind them.
        reading = not self._congested() or self._machine.phase is Phase.QUITTING
        if not reading and not self._machine.paused:
            log.warning("nothing is read from the node: the program has to take its events, too many of them wait")
        if reading and self._machine.paused:
            for number in self._pipes:
                self._machine.heard(number, time.monotonic())
        self._machine.paused = not reading
        for number, pipe in self._pipes.items():
            self._register(number, pipe.fileno(), pipe.events(reading=reading))
        for number in [number for number in self._watched if number not in self._pipes]:
            self._unregister(number)

    def _register(self, number: int, fileno: int, events: int) -> None:
        wanted = (fileno, events)
        if self._watched.get(number) == wanted:
            return
        self._unregister(number)
        if fileno >= 0 and events:
            self._selector.register(fileno, events, number)
            self._watched[number] = wanted

    def _unregister(self, number: int) -> None:
        fileno, _ = self._watched.pop(number, (-1, 0))
        if fileno >= 0:
            self._selector.unregister(fileno)

    def _serve(self, pipe: Pipe, events: int) -> None:
        try:
            if not pipe.open:
                self._unregister(pipe.number)
                if not pipe.connected():
                    return
                self._do(self._machine.connected(pipe.number, time.monotonic()))
                events = selectors.EVENT_READ  # of what was decrypted already no selector would tell
            if events & selectors.EVENT_WRITE:
                pipe.flush()
            if events & selectors.EVENT_READ and pipe.number in self._pipes:
                self._read(pipe)
        except LinkLost as lost:
            self._lost(pipe.number, str(lost), hopeless=isinstance(lost, Untrusted))

    def _read(self, pipe: Pipe) -> None:
        now = time.monotonic()
        self._machine.heard(pipe.number, now)
        for received in pipe.read():
            if isinstance(received, WireError):
                self._do(self._machine.unreadable(pipe.number, received.code, received.text, now))
            else:
                self._do(self._machine.received(pipe.number, received, now))

    def _drain_wakee(self) -> None:
        try:
            while self._wakee.recv(4096):
                pass
        except BlockingIOError:
            pass

    # -- actions -------------------------------------------------------------------------

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            self._perform(action)
        for pipe in list(self._pipes.values()):
            try:
                pipe.flush()
            except LinkLost as lost:
                self._lost(pipe.number, str(lost))

    def _lost(self, link: int, reason: str, *, hopeless: bool = False) -> None:
        self._close(link)
        self._do(self._machine.lost(link, reason, time.monotonic(), hopeless=hopeless))

    def _perform(self, action: Action) -> None:
        match action:
            case Emit(event):
                self._deliver(event)
            case Send(link, frame):
                self._write(link, frame)
            case Connect(link, address):
                self._pipes[link] = Pipe(link, self._maker(address))
                resolve(address, lambda answer: self.submit(partial(self._resolved, link, answer)))
            case Close(link):
                self._close(link)

    def _maker(self, address: Address) -> TransportFactory:
        if self._trust is None:
            return self._factory
        # Imported late, as is what it needs: see `ChatClient`.
        from client.tls import TlsTransport

        return partial(TlsTransport, self._factory, self._trust, address)

    def _write(self, link: int, frame: ClientFrame) -> None:
        pipe = self._pipes.get(link)
        if pipe is None:
            return
        try:
            pipe.write(frame)
        except LinkLost as lost:
            self.submit(partial(_lost, link, str(lost)))

    def _resolved(self, link: int, answer: Answer, machine: Failover, now: float) -> list[Action]:
        pipe = self._pipes.get(link)
        if pipe is None:
            return []
        if isinstance(answer, str):
            return machine.lost(link, answer, now)
        try:
            pipe.aim(answer)
        except LinkLost as lost:
            return machine.lost(link, str(lost), now)
        return []

    def _close(self, link: int) -> None:
        pipe = self._pipes.pop(link, None)
        self._unregister(link)
        if pipe is None:
            return
        try:
            pipe.flush()
        except LinkLost:
            # It is being left anyway.
            pass
        pipe.close()

    def _release(self) -> None:
        for link in list(self._pipes):
            self._close(link)
        self._selector.close()
        self._waker.close()
        self._wakee.close()


def _lost(link: int, reason: str, machine: Failover, now: float) -> list[Action]:
    return machine.lost(link, reason, now)
