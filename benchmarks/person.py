"""One native client of a crowd: the library's own failover machine, with the crowd's selector around it."""

from __future__ import annotations

import random
import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from client.actions import Action, Close, Connect, Emit, Send
from client.conversation import Conversation
from client.errors import LinkLost
from client.events import AcceptedEvent, Disconnected, Event, MessageEvent, Moved
from client.failover import Failover
from client.pipe import Pipe
from client.resolve import resolve
from client.settings import Settings
from client.stay import Stay
from client.transport import TcpTransport
from wire.address import Address
from wire.errors import WireError

Watch = Callable[["Person", int, int, int], None]
"""(whose, link, descriptor, events): what a selector should watch from now on; events 0: nothing."""


class Diary(Protocol):
    """Told what happens to people. Times are of the monotonic clock."""

    def disconnected(self, person: Person, now: float) -> None: ...
    def moved(self, person: Person, now: float) -> None: ...
    def accepted(self, person: Person, said: float, now: float) -> None: ...
    def heard(self, person: Person, speaker: str, said: float, now: float) -> None: ...


@dataclass(slots=True)
class _Watched:
    pipe: Pipe
    fileno: int = -1
    events: int = 0


@dataclass(slots=True)
class Manner:
    """`servers` in the order of the first dialling. `every`: seconds between two sayings, on average. `prefix`: of the
    nickname, which a number follows."""

    servers: Sequence[Address]
    room: str
    every: float
    prefix: str = "p"
    settings: Settings = field(default_factory=Settings)


class Person:
    """One thread only. `advance` after anything happened and when `due` has come."""

    def __init__(self, number: int, manner: Manner, diary: Diary, watch: Watch) -> None:
        self.number = number
        self.room = manner.room
        self.rng = random.Random(number)
        self.nick = f"{manner.prefix}{number}"
        stay = Stay(self.nick, ["#lobby", manner.room], "benchmark", manner.settings, self.rng)
        self.machine = Failover(Conversation(stay), manner.servers, manner.settings, self.rng, in_order=True)
        self._stay = stay
        self._every = manner.every
        self._diary = diary
        self._watch = watch
        self._links: dict[int, _Watched] = {}
        self._said: dict[int, float] = {}  # ticket -> when
        self._tickets = 0
        self.say_at = float("inf")

    @property
    def node(self) -> str:
        """Where it was welcomed last; '': nowhere yet."""
        return self._stay.node

    @property
    def settled(self) -> bool:
        """Whether it is in its room."""
        return self._stay.inbound.track(self.room) is not None

    @property
    def due(self) -> float:
        deadline = self.machine.deadline()
        return self.say_at if deadline is None else min(self.say_at, deadline)

    def start(self, now: float) -> None:
        self._do(self.machine.start(now), now)

    def chat(self, now: float) -> None:
        """From now on it says something once in a while."""
        self.say_at = now + self.rng.uniform(0.0, self._every)

    def say(self, now: float) -> None:
        """Puts a line into its room, whose text is the time."""
        self._tickets += 1
        self._said[self._tickets] = now
        self.machine.conversation.say(self._tickets, self.room, repr(now))

    def advance(self, now: float) -> None:
        if now >= self.say_at:
            self.say(now)
            self.say_at = now + self.rng.uniform(0.5, 1.5) * self._every
        self._do(self.machine.tick(now), now)

    def ready(self, link: int, events: int, now: float) -> None:
        """The selector says so."""
        watched = self._links.get(link)
        if watched is None:
            return
        try:
            self._serve(watched.pipe, events, now)
        except LinkLost as lost:
            self._drop(link)
            self._do(self.machine.lost(link, str(lost), now), now)

    def close(self) -> None:
        for link in list(self._links):
            self._drop(link)

    # -- inside --------------------------------------------------------------------------

    def _serve(self, pipe: Pipe, events: int, now: float) -> None:
        if not pipe.open:
            if pipe.connected():
                self._do(self.machine.connected(pipe.number, now), now)
            return
        if events & selectors.EVENT_READ:
            self.machine.heard(pipe.number, now)
            for received in pipe.read():
                if isinstance(received, WireError):
                    raise LinkLost(received.text)
                self._do(self.machine.received(pipe.number, received, now), now)

    def _do(self, actions: list[Action], now: float) -> None:
        for action in actions:
            match action:
                case Emit(event):
                    self._note(event, now)
                case Send(link, frame) if link in self._links:
                    self._links[link].pipe.write(frame)
                case Connect(link, address):
                    self._connect(link, address, now)
                case Close(link):
                    self._drop(link)
        for link in list(self._links):
            self._flush(link, now)

    def _flush(self, link: int, now: float) -> None:
        watched = self._links[link]
        try:
            watched.pipe.flush()
        except LinkLost as lost:
            self._drop(link)
            self._do(self.machine.lost(link, str(lost), now), now)
        else:
            self._rewatch(link, watched)

    def _rewatch(self, link: int, watched: _Watched) -> None:
        fileno, events = watched.pipe.fileno(), watched.pipe.events(reading=True)
        if fileno >= 0 and (watched.fileno, watched.events) != (fileno, events):
            if watched.fileno not in (-1, fileno):
                self._watch(self, link, watched.fileno, 0)
            watched.fileno, watched.events = fileno, events
            self._watch(self, link, fileno, events)

    def _connect(self, link: int, address: Address, now: float) -> None:
        pipe = Pipe(link, TcpTransport)
        self._links[link] = _Watched(pipe)
        answers: list[object] = []
        resolve(address, answers.append)  # addresses here are numbers: answered at once
        try:
            pipe.aim(answers[0])  # type: ignore[arg-type]
        except LinkLost as lost:
            self._drop(link)
            self._do(self.machine.lost(link, str(lost), now), now)

    def _drop(self, link: int) -> None:
        watched = self._links.pop(link, None)
        if watched is None:
            return
        if watched.fileno >= 0:
            self._watch(self, link, watched.fileno, 0)
        watched.pipe.close()

    def _note(self, event: Event, now: float) -> None:
        match event:
            case AcceptedEvent(ticket=ticket):
                self._diary.accepted(self, self._said.pop(ticket), now)
            case MessageEvent(history=False, nick=nick, text=text):
                self._diary.heard(self, nick, float(text), now)
            case Disconnected():
                self._diary.disconnected(self, now)
            case Moved():
                self._diary.moved(self, now)
