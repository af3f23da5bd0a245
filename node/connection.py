"""One client connection, and the thread that reads it.

    run     (PROXY header ->) (TLS ->) greet -> receive, decode, act … -> settle the session -> linger -> close

The thread sleeps in `recv`; `abort` (SHUT_RDWR) wakes it. Other threads speak to the client by `tell`
and end the connection by `dismiss`, which never block. The descriptor is closed here and only here.
"""

from __future__ import annotations

import _thread
import select
import socket
import threading
import time
from collections.abc import Iterable

from cluster import endings
from cluster.types import Ban
from node import arrival
from node.acks import Acks
from node.addresses import Address
from node.bans import in_both, last_words
from node.house import House
from node.outbox import Outbox
from node.session import Session
from node.tls import NotTls, TlsWire, told
from node.verbs import act
from wire import Code, Dialect, Event, ServerProtocol, render
from wire.frames import Error, ServerFrame
from wire.plain import GREETING

LINGER = 3.0
"""Seconds that what waits may take to be sent, once the connection is ending."""
_LEAST, MOST = 448, 65536
"""Bytes that are asked of the kernel at once. The least, with what Python adds, is below the 512 up to which it has an
allocator of its own: the C library's keeps some KiB for each thread that comes to it."""
DROPPED = 1024 * 1024
"""Bytes a second that are read of what will be thrown away, a line that is too long or what comes after the end: the
kernel hands us a thousand times as many, and what that takes would be the others'."""
LEAVINGS = 256 * 1024
"""Bytes that are read after the end at most: what an honest client may have had on its way."""
_TOO_SLOW = Error(code=Code.TOO_SLOW, text="you read too slowly; connect again and go on where you were")


class Connection:
    """`run` is its thread's; `send` and `session` too; the rest: any thread."""

    __slots__ = (
        "acks",
        "address",
        "began",
        "busy",
        "deadline",
        "heard",
        "house",
        "outbox",
        "peer",
        "protocol",
        "proxied",
        "session",
        "shed",
        "sock",
        "tls",
        "told_nodes",
        "wire",
    )

    def __init__(self, house: House, sock: socket.socket, peer: str, *, proxied: bool = False) -> None:
        """`proxied`: a balancer's header comes first; until then `peer` is the balancer."""
        self.house = house
        self.sock = sock
        self.peer = peer
        self.proxied = proxied
        self.protocol = ServerProtocol(house.settings.max_frame)
        self.tls = TlsWire(sock, house.certificate.context) if house.certificate else None
        self.wire = self.tls or sock
        self.outbox = Outbox(self.wire, house.settings.outbox_bytes, house.deliverer.schedule)
        self.outbox.last_words = _PLAIN_TOO_SLOW
        self.outbox.tls = self.tls
        self.session: Session | None = None
        self.began = self.heard = time.monotonic()
        self.busy = False  # the thread acts, so silence is no sign
        self.shed = False  # cut for what waits for all together, not for what waits for it
        self.deadline = 0.0  # monotonic: when an ending connection is cut; 0: not set
        self.acks = Acks()
        self.address: Address | None = None  # whose limits hold for it, from its hello on
        self.told_nodes: list[str] = []  # its own thread's: the other nodes as the client knows them

    @property
    def native(self) -> bool:
        return self.protocol.dialect is Dialect.NATIVE

    @property
    def dialect(self) -> Dialect:
        return self.protocol.dialect or Dialect.PLAIN

    # -- its own thread -------------------------------------------------------------------

    def run(self) -> None:
        if not self._may_come_in() or (self.tls is not None and not self._secure(self.tls)):
            self._live(here=False)
        elif self.tls is None:
            self._live()
        else:
            try:
                # A handshake goes deep, and what a stack has used it keeps: another one saves 20 KiB for each client.
                _thread.start_new_thread(self._live, ())
            except RuntimeError:
                self._live()  # there is no thread left, but for this one

    def _may_come_in(self) -> bool:
        try:
            return not self.proxied or arrival.find_out(self)
        except OSError as error:
            self.house.log.debug("broken", peer=self.peer, reason=str(error))
        except Exception:  # the top of this client's thread: it costs nobody else
            self.house.log.exception("error", peer=self.peer)
        return False

    def _live(self, *, here: bool = True) -> None:
        """`here`: it has come as far as the greeting; else it is only to be ended."""
        try:
            if here:
                self._serve()
        except OSError as error:
            # Strangers can break as many connections as they like: only those of sessions are worth a line each.
            log = self.house.log.info if self.session else self.house.log.debug
            log("broken", peer=self.peer, reason=str(error), **self.names())
        except Exception:  # the top of this client's thread: it costs nobody else
            self.house.log.exception("error", peer=self.peer, **self.names())
            self.dismiss(Error(code=Code.BUSY, text="the node failed here; connect again"))
        try:
            self._settle()
            self._linger()
        except Exception:  # as above; the descriptor must be closed all the same
            self.house.log.exception("error", peer=self.peer, **self.names())
        finally:
            self._close()

    def send(self, frame: ServerFrame) -> bool:
        """A frame that may move the protocol's state. After an ending error the node closes. False: the connection is
        ending."""
        ends = self.protocol.ends(frame)
        line = self.protocol.send(frame)
        if not ends:
            return self.outbox.offer(line)
        self._finish(line, LINGER)
        return False

    def _finish(self, last: bytes, within: float) -> None:
        self.outbox.finish(last)
        self.deadline = self.deadline or time.monotonic() + within

    def _serve(self) -> None:
        house = self.house
        self.outbox.offer(GREETING)
        if self.tls is None and arrival.is_forged(self.sock):
            arrival.refuse(self, arrival.NOT_FROM_YOU)
        size = _LEAST
        while not self.outbox.finishing:
            self.busy = False
            data = self.wire.recv(size)
            self.busy, self.heard = True, time.monotonic()
            if not data:
                if self.tls is None or self.tls.ended:  # else nobody has said that what is half said ends here
                    self._act(self.protocol.receive_eof())
                return
            self._act(self.protocol.receive_data(data))
            if self.protocol.dropping:
                house.standing.leaving.wait(len(data) / DROPPED)
            self.heard = time.monotonic()  # it could not be read while that took its time
            # The kernel's bytes are asked for in small pieces while a client idles: each recv allocates first.
            size = min(size * 2, MOST) if len(data) == size else _LEAST

    def _secure(self, tls: TlsWire) -> bool:
        """The handshake. It has as long as the hello has."""
        tls.nudge = self.outbox.nudge  # not earlier: the two hold each other, and who is refused at the door is many
        try:
            tls.handshake()
        except OSError as error:
            if isinstance(error, NotTls):
                tls.say_plainly(_TLS_NEEDED)
            self.house.metrics.unsecured.inc()
            self.house.limited.say("tls_failed", peer=self.peer, reason=told(error))
            return False
        except Exception:  # the top of this client's thread: it costs nobody else
            self.house.log.exception("error", peer=self.peer)
            return False
        self.house.metrics.secured.inc()
        return True

    def _act(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.native:
                self.outbox.last_words = _NATIVE_TOO_SLOW
            act(self, event)
            if self.outbox.finishing:
                return

    def _settle(self) -> None:
        """What becomes of the session, at once: others wait for its place or its return. A session that
        was taken, ended or lost with the lease is not in the registry any more: nothing to do."""
        session, house = self.session, self.house
        if session is None:
            return
        self.acks.leave(self)
        self.release()
        if self.native:
            if house.registry.set_away(session):
                house.cluster.away(session.id, session.claim)
        elif house.registry.remove(session):
            house.cluster.end(session.id, session.claim, "quit")
            self.log_left("quit")

    def release(self) -> None:
        """Gives up the session's deliveries and feeds. Idempotent."""
        if self.session is None:
            return
        for log, delivery in self.session.deliveries.items():
            delivery.feed.detach(delivery)
            self.house.rooms.release(log)
        self.session.deliveries = {}

    def _linger(self) -> None:
        deadline, left = time.monotonic() + LINGER, LEAVINGS
        flushed = threading.Event()
        self.outbox.flushed = flushed
        self.protocol.close()  # what had come ahead is for nobody, and we stay for a while
        self.outbox.finish()
        if not flushed.wait(LINGER):
            return
        # The client's own bytes are read to their end: a close over unread ones would reset the
        # connection, and the client lose our last words.
        try:
            while (patience := deadline - time.monotonic()) > 0:
                if left <= 0:
                    self.house.standing.leaving.wait(patience)  # so long it has for our last words
                    return
                self.sock.settimeout(patience)
                data = self.sock.recv(MOST)
                if not data:
                    return
                left -= len(data)
                if len(data) == MOST:
                    self.house.standing.leaving.wait(min(MOST / DROPPED, patience))
        except OSError:
            return

    def _close(self) -> None:
        house = self.house
        if self.outbox.overflowed:
            house.metrics.overflows.inc()
            if not self.shed:
                house.metrics.limited.labels("outbox_bytes").inc()  # its line is the next one
            house.log.warning("overflow", peer=self.peer, **self.names())
        self.protocol.close()
        if self.tls is not None:
            self.tls.close()
        if house.deliverer.forget(self.outbox, LINGER, self.sock.close):
            self.sock.close()
        else:
            house.log.error("error", reason="the deliverer does not answer", peer=self.peer)
        house.addresses.leave(self.address)
        house.roster.remove(self)  # last: who waits for that may end the process

    # -- any thread -----------------------------------------------------------------------

    @property
    def gone(self) -> bool:
        """Whether the client has reset the connection, or it was cut here: nobody hears us. Not after a half-close."""
        poll = select.poll()
        poll.register(self.sock, 0)  # POLLERR and POLLHUP are told unasked
        return bool(poll.poll(0))

    @property
    def is_unread(self) -> bool:
        """Whether the client has said something, or gone, and we have not come to that yet."""
        poll = select.poll()
        try:
            poll.register(self.sock, select.POLLIN)
        except ValueError:
            return False  # it was closed here just now
        return bool(poll.poll(0))

    def tell(self, frame: ServerFrame) -> bool:
        """A frame that moves no state. False: the connection is ending."""
        return self.outbox.offer(render(frame, self.protocol.dialect))

    def answer(self, frame: ServerFrame) -> bool:
        """As `tell`, of its own thread, which sends for itself where it can."""
        return self.outbox.answer(render(frame, self.protocol.dialect))

    def dismiss(self, frame: ServerFrame, within: float = LINGER) -> None:
        """Ends the connection with `frame` as its last words; it is cut if that takes longer than
        `within` seconds. Idempotent."""
        if isinstance(frame, Error) and frame.code == Code.HELLO_TIMEOUT and self.tls and not self.tls.heard:
            self.tls.say_plainly(_TLS_NEEDED)  # somebody waits for a greeting, perhaps
        self._finish(render(frame, self.protocol.dialect), within)

    def turn_away(self, frame: Error) -> None:
        """`dismiss` before the greeting: nobody knows yet how the client talks."""
        if self.tls is not None:
            self.tls.say_plainly(in_both(frame))
        self._finish(b"" if self.tls else in_both(frame), LINGER)

    def expel(self, ban: Ban) -> None:
        """An operator has banned the address: whoever is here has left, now. Idempotent."""
        session = self.session
        if session is not None and self.house.registry.remove(session):
            self.acks.leave(self)
            self.house.cluster.end(session.id, session.claim, endings.banned(ban.until, ban.why))
            self.log_left(endings.BANNED)
        self.dismiss(last_words(ban))

    def expire(self, now: float) -> None:
        """Cuts the connection if it has been ending for too long. The ticker's."""
        if self.outbox.finishing and not self.deadline:
            self.deadline = now + LINGER
        if 0 < self.deadline <= now:
            self.abort()

    def abort(self) -> None:
        """Cuts the connection: its thread wakes and closes it."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone already

    def names(self) -> dict[str, str]:
        """Whose connection it is, for the log."""
        session = self.session
        return {"session": session.id, "nick": session.name.shown} if session else {}

    def log_left(self, reason: str) -> None:
        """The session ended here: one line a room."""
        for room in self.session.rooms if self.session else ():
            self.house.log.info("left", room=room, reason=reason, **self.names())


_SPEAK_TLS = Error(code=Code.TLS_NEEDED, text="this port speaks TLS; connect with TLS (hydrachat join --tls)")
_TLS_NEEDED = render(_SPEAK_TLS, Dialect.PLAIN) + render(_SPEAK_TLS, Dialect.NATIVE)
"""In both dialects, since none has been heard: a native client takes the first line for the greeting."""
_PLAIN_TOO_SLOW, _NATIVE_TOO_SLOW = render(_TOO_SLOW, Dialect.PLAIN), render(_TOO_SLOW, Dialect.NATIVE)
