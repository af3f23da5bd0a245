"""R6: one thread owns the subscription: the set of wanted channels and the order of requests.

Who meets here: any thread calls `want`, `unwant`, `move`, `reset`; the subscriber's thread does the rest. The
lock guards `_wanted`, `_news`, `_node_channel` and nothing else. The thread waits for the socket and for a wake
socket; `wake` ends that wait. It ends by `stop`; when it is slow, Redis's output buffer fills, Redis closes the
connection, and what was missed is caught up after subscribing again.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from redis.exceptions import RedisError

from cluster.arriving import Arriving
from cluster.drains import FORCE, over_of
from cluster.entries import from_payload
from cluster.errors import Unavailable
from cluster.hearing import Hearing
from cluster.keys import Keys
from cluster.link import Link, Reply
from cluster.mapping import reply_error
from cluster.pipe import FIRST_PAUSE, LONGEST_PAUSE
from cluster.seam import ClusterEvents
from cluster.types import Presence, RightHint

CHANNELS_A_COMMAND = 500
BURST = 256
"""Messages that are told before those who hear them are told that this was all."""
_CONTROL = b"!"


@dataclass(slots=True)
class SubscriberActions:
    lost: Callable[[], None]  # the connection failed (it is being opened again)
    confirmed: Callable[[], None]  # the node's own channel is subscribed, for the first time or again
    taken: Callable[[str, str, int, str], None]  # session, claim that has it now or '-', Redis time in µs, how it ended
    bans: Callable[[], None]  # bans have changed
    rights: Callable[[str, int, str, bool], None]  # of that room, version and lines as in `KeptRights`; see `Rights`


class Subscriber:
    """`actions`: what the subscription means for others, on its thread; none of them blocks."""

    def __init__(
        self,
        link: Link,
        keys: Keys,
        node_channel: str,
        events: ClusterEvents,
        hearing: Hearing,
        actions: SubscriberActions,
    ) -> None:
        self._link = link
        self._keys = keys
        self._events = events
        self._hearing = hearing
        self._actions = actions
        self._lock = threading.Lock()
        self._node_channel = node_channel
        self._wanted: set[str] = set()
        self._news: set[str] = set()  # channels that are wanted, or not any more, since the connection was asked
        self._asked: set[str] = set()  # this thread's alone: what this connection was asked for
        self._more = False  # this thread's alone: there may be more of what was received
        self._arriving: Arriving | None = None  # this thread's alone: of the open connection
        self._stopping = threading.Event()
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)

    # -- any thread ------------------------------------------------------------------------

    def want(self, room: str) -> None:
        self._change(self._keys.log(room), self._wanted.add)

    def unwant(self, room: str) -> None:
        self._change(self._keys.log(room), self._wanted.discard)

    def move(self, node_channel: str) -> None:
        """A new boot listens on a channel of its own."""
        with self._lock:
            self._news |= {self._node_channel, node_channel}
            self._node_channel = node_channel
        self._wake()

    def reset(self) -> None:
        """The connection doesn't carry what it should: open another."""
        self._link.abort()

    def stop(self) -> None:
        """Ends the loop. Idempotent."""
        self._stopping.set()
        self._wake()

    def close(self) -> None:
        """Once the thread has ended, or was never started. Idempotent."""
        self._waker.close()
        self._woken.close()

    def _change(self, channel: str, change: Callable[[str], None]) -> None:
        with self._lock:
            change(channel)
            self._news.add(channel)
        self._wake()

    def _wake(self) -> None:
        try:
            self._waker.send(b"w")
        except OSError:
            pass  # it is full of wake-ups already, or closed since the thread has ended

    # -- the subscriber's thread -----------------------------------------------------------

    def run(self) -> None:
        pause = FIRST_PAUSE
        try:
            while not self._stopping.is_set():
                try:
                    self._connect()
                    while not self._stopping.is_set():
                        self._listen()
                        pause = FIRST_PAUSE
                except Unavailable:
                    self._link.close()
                    self._actions.lost()
                    self._stopping.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            self._link.close()
            self.close()

    def _connect(self) -> None:
        if not self._link.is_open:
            self._link.open()
            self._asked, self._more, self._arriving = set(), False, None
            with self._lock:
                self._news = {*self._wanted, self._node_channel}
        self._ask()

    def _ask(self) -> None:
        """Brings what the connection was asked for up to what is wanted. Looks at what has changed only: there may be
        ten thousand rooms, and each is wanted for itself."""
        with self._lock:
            news, self._news = self._news, set()
            wanted = {channel for channel in news if channel in self._wanted or channel == self._node_channel}
        self._send("SUBSCRIBE", wanted - self._asked)
        self._send("UNSUBSCRIBE", (news - wanted) & self._asked)
        self._asked -= news
        self._asked |= wanted

    def _send(self, command: str, channels: Iterable[str]) -> None:
        names = sorted(channels)
        for start in range(0, len(names), CHANNELS_A_COMMAND):
            self._link.send([[command, *names[start : start + CHANNELS_A_COMMAND]]])

    def _listen(self) -> None:
        arriving = self._arriving or Arriving(self._link)
        self._arriving = arriving
        readable = self._poll(arriving)
        if self._woken.fileno() in readable:
            self._woken.recv(4096)
            self._ask()
        here = arriving.socket.fileno() in readable or arriving.is_pending
        if not here and not self._more:
            return
        try:
            if not self._more:
                arriving.receive()
            self._more = self._burst(arriving)
        finally:
            self._events.on_burst()

    def _burst(self, arriving: Arriving) -> bool:
        """What has arrived; bounded, since more may come as fast as it is handled: whether there is more. What is here
        is not kept waiting for the rest of what has only begun to arrive. Raises Unavailable."""
        replies = arriving.replies(BURST)
        for reply in replies:
            self._handle(reply)
        return len(replies) == BURST

    def _poll(self, arriving: Arriving) -> set[int]:
        # poll, not select: a node with ten thousand clients has file numbers beyond 1024.
        poller = select.poll()
        for each in (arriving.socket, self._woken):
            poller.register(each, select.POLLIN)
        return {number for number, _ in poller.poll(0 if self._more or arriving.is_pending else None)}

    def _handle(self, reply: Reply) -> None:
        if isinstance(reply, RedisError):
            raise Unavailable(str(reply_error(reply)))
        kind, channel, payload = reply[0], reply[1], reply[2]
        if kind == b"message":
            self._message(payload)
        elif kind == b"subscribe":
            self._subscribed(channel.decode())

    def _message(self, payload: bytes) -> None:
        tell = self._decoded(payload)
        if tell is not None:
            tell()

    def _decoded(self, payload: bytes) -> Callable[[], None] | None:
        """What is to be done about it. Only what is said here may be nonsense: an error of the handlers is ours."""
        try:
            if payload.startswith(_CONTROL):
                head, _, text = payload[1:].decode().partition("\n")
                return self._control(head.split(" "), text)
            return partial(self._events.on_entry, from_payload(payload))
        except ValueError:
            return None  # a stranger's PUBLISH; what belongs to the log is caught up from the log

    def _control(self, words: list[str], text: str) -> Callable[[], None] | None:
        """Raises ValueError when it isn't one."""
        if words[0] == "probe":
            _, nonce, *_ = words
            return partial(self._hearing.heard, nonce)
        if words[0] == "taken":
            _, session, claim, time, *how = words
            return partial(self._actions.taken, session, claim, int(time), " ".join(how))
        if words[0] == "spent":
            _, session, claim, *_ = words
            return partial(self._events.on_spent, session, claim)
        if words[0] == "bans":
            return self._actions.bans
        if words[0] == "presence":
            _, session, state, room, nick, *_ = words
            return partial(self._events.on_presence, Presence(room, session, nick, state, text))
        if words[0] == "rights":
            _, room, version, *more = words
            return partial(self._actions.rights, room, int(version), text, "fallen" in more)
        if words[0] == "right":
            _, session, what, room, by, *_ = words
            return partial(self._events.on_right, RightHint(session, what, room, by, text))
        if words[0] == "drain":
            _, over, force, order, *_ = words
            return partial(self._events.on_drain, order, over_of(over), force == FORCE)
        return None

    def _subscribed(self, channel: str) -> None:
        with self._lock:
            is_node = channel == self._node_channel
            is_room = channel in self._wanted
        if is_node:
            self._actions.confirmed()
            self._events.on_subscribed(None)
        elif is_room:
            self._events.on_subscribed(self._keys.room_of(channel))
