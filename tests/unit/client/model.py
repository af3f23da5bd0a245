"""A world without sockets or clock: model nodes that share one log, and a client driven by hand.

The model keeps the rules that the client relies on (see docs/protocol.md): n is consumed in order and
exactly once, a resume replays from the cursors, and only the link that holds the claim is served.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from client.actions import Action, Close, Connect, Emit, Send
from client.conversation import Conversation
from client.events import Event, MessageEvent
from client.failover import Failover
from client.links import Phase
from client.settings import Settings
from client.stay import Stay
from wire.address import Address
from wire.codes import Code
from wire.frames import (
    Accepted,
    Ack,
    Bye,
    ClientFrame,
    Confirm,
    Cursor,
    Cursors,
    Error,
    Frame,
    Gap,
    Hello,
    Join,
    Joined,
    Message,
    Ping,
    Pong,
    Quit,
    Say,
    ServerFrame,
    Welcome,
)

LOBBY = "#lobby"
Entry: TypeAlias = Message | Joined | Gap
ADDRESSES = [Address("127.0.0.1", port) for port in (7701, 7702, 7703)]


@dataclass
class Session:
    number: str
    nick: str
    token: str
    owed: Cursor  # its joined entry: who has no cursor is owed what follows
    open: set[str] = field(default_factory=set)  # other tokens that count: before the newest has arrived
    spent: set[str] = field(default_factory=set)
    last: int = 0
    outcomes: dict[int, ServerFrame] = field(default_factory=dict)
    holder: Line | None = None

    def arrived(self, token: str) -> None:
        """The client has this one."""
        self.spent |= {self.token, *self.open} - {token}
        self.open.clear()

    def forget(self, n: int, down: Collection[Address]) -> None:
        """Redis lost n. A node that lives re-claims its sessions with what it knows."""
        self.outcomes.pop(n, None)
        if self.holder is None or self.holder.cut or self.holder.address in down:
            self.last = min(self.last, n - 1)
            if self.holder is not None:
                self.holder.cut = True  # that node is gone for good
                self.holder.up.clear()


@dataclass
class Line:
    """A connection: frames on their way, both directions."""

    link: int
    address: Address
    up: deque[ClientFrame] = field(default_factory=deque)
    down: deque[ServerFrame] = field(default_factory=deque)
    connected: bool = False
    cut: bool = False
    session: Session | None = None


class World:
    """The cluster."""

    def __init__(self, addresses: Sequence[Address] = ADDRESSES) -> None:
        self.addresses = list(addresses)
        self.epoch = "e1"
        self.forks: dict[str, int] = {}  # of the epochs that are over, in order
        self.log: list[Entry] = []
        self.posted = 0
        self.sessions: dict[str, Session] = {}
        self.down: set[Address] = set()
        self.degraded = False
        self.tokens = 0
        self.heartbeat = 4.0
        self.lines: list[Line] = []
        self.on: dict[type[Frame], Callable[[Line, Any], None]] = {}  # what a test answers itself

    @property
    def top(self) -> Cursor:
        return (self.epoch, len(self.log))

    def new_epoch(self) -> None:
        """Redis came back with all its data; offsets go on."""
        self.forks[self.epoch] = len(self.log)
        self.epoch = f"e{int(self.epoch[1:]) + 1}"

    def lose(self, count: int) -> None:
        """Redis came back without the last messages, up to `count`; nobody held them, so a gap is told."""
        top = len(self.log)
        lost = list(itertools.takewhile(lambda entry: not isinstance(entry, Joined), reversed(self.log)))[:count]
        del self.log[top - len(lost) :]
        for entry in lost:
            if isinstance(entry, Message) and entry.session in self.sessions:
                self.sessions[entry.session].forget(entry.n, self.down)
        former = self.epoch
        self.forks = {epoch: min(fork, len(self.log)) for epoch, fork in self.forks.items()}
        self.new_epoch()
        if lost:
            fork = len(self.log)
            self.append(Gap(LOBBY, former, fork, fork + 1, top, self.epoch, fork + 1))

    def post(self, text: str, session: str = "other", n: int = 0, *, late: bool = False) -> Message:
        """Somebody says something in the lobby."""
        self.posted += session == "other"
        nick = self.sessions[session].nick if session in self.sessions else session
        offset = len(self.log) + 1
        entry = Message(LOBBY, self.epoch, offset, session, n or self.posted, nick, text, 1000, late=late)
        self.append(entry)
        return entry

    def append(self, entry: Entry) -> None:
        self.log.append(entry)
        for session in self.sessions.values():
            if session.holder is not None and not session.holder.cut:
                session.holder.down.append(self._renumbered(entry, len(self.log)))

    def handle(self, line: Line) -> None:
        """The node reads one frame."""
        frame = line.up.popleft()
        if type(frame) in self.on:
            self.on[type(frame)](line, frame)
        elif isinstance(frame, Hello):
            self._hello(line, frame)
        elif line.session is None or line.session.holder is not line:
            return
        elif isinstance(frame, Say):
            self._say(line, line.session, frame)
        elif isinstance(frame, Ping):
            line.down.append(Pong())
        elif isinstance(frame, Join):
            line.down.append(self._joined(line.session, frame.room, frame.id))
        elif isinstance(frame, Confirm):
            if frame.token == line.session.token:
                line.session.arrived(frame.token)
        elif isinstance(frame, Quit):
            line.down.append(Bye())
            self.sessions.pop(line.session.number, None)
        else:
            assert isinstance(frame, Ack)

    def _hello(self, line: Line, hello: Hello) -> None:
        if self.degraded:
            line.down.append(Error(Code.DEGRADED, "Redis is away"))
        elif hello.session is not None or any(
            hello.token in (one.token, *one.open, *one.spent) for one in self.sessions.values()
        ):
            self._resume(line, hello)
        elif any(session.nick == hello.nick for session in self.sessions.values()):
            line.down.append(Error(Code.NICK_TAKEN, "taken", suggestion=f"{hello.nick}2"))
        else:
            number = f"s{len(self.sessions) + 1}-{len(self.log)}"
            owed = (self.epoch, len(self.log) + 1)
            session = Session(number, hello.nick or "", hello.token or f"token-{number}", owed, holder=line)
            self.append(Joined(LOBBY, *owed, number, session.nick, 1000))
            self.sessions[number] = line.session = session
            line.down.append(self._welcome(line, session, token=session.token))
            line.down.append(self._joined(session, LOBBY, None))

    def _resume(self, line: Line, hello: Hello) -> None:
        if any(hello.token in one.spent for one in self.sessions.values()):
            line.down.append(Error(Code.TOKEN_SPENT, "there is a copy of it"))
            return
        known = (one for one in self.sessions.values() if {hello.token, hello.former} & {one.token, *one.open})
        session = next(known, None)
        if session is None or hello.session not in (None, session.number):
            line.down.append(Error(Code.RESUME_REFUSED, "the grace is over"))
            return
        if session.holder is not None and session.holder is not line:
            session.holder.down.append(Error(Code.TAKEN_OVER, "resumed elsewhere"))
        session.holder, line.session = line, session
        session.last = max(session.last, hello.n)
        line.down.append(self._welcome(line, session, token=self._renewed(session, hello), resumed=True))
        offset = self._mapped(*hello.cursors.get(LOBBY, session.owed))
        if LOBBY not in hello.cursors:
            line.down.append(msgspec.structs.replace(self._joined(session, LOBBY, None), offset=offset))
        for number in range(offset + 1, len(self.log) + 1):
            line.down.append(self._renumbered(self.log[number - 1], number))

    def _renewed(self, session: Session, hello: Hello) -> str | None:
        if not hello.rotate:
            return None
        assert hello.token is not None
        if hello.token == session.token:
            session.arrived(hello.token)
        self.tokens += 1
        session.open.add(session.token)
        session.token = f"renewed-{self.tokens}"
        return session.token

    def _say(self, line: Line, session: Session, say: Say) -> None:
        if self.degraded:
            line.down.append(Error(Code.DEGRADED, "Redis is away", n=say.n))
        elif say.again is not None and say.n <= session.last:
            line.down.append(self._said_again(session, say))
        elif say.n in session.outcomes:
            line.down.append(session.outcomes[say.n])
        elif say.n > session.last + 1:
            line.down.append(Error(Code.OUT_OF_ORDER, "out of order", n=say.n, last=session.last))
        else:
            session.last = max(session.last, say.n)
            entry = self.post(say.text, session.number, say.n)
            session.outcomes[say.n] = Accepted(say.n, LOBBY, entry.epoch, entry.offset, entry.time)
            line.down.append(session.outcomes[say.n])

    def _said_again(self, session: Session, say: Say) -> ServerFrame:
        for offset, entry in enumerate(self.log, 1):
            if isinstance(entry, Message) and (entry.session, entry.n) == (session.number, say.n):
                return Accepted(say.n, LOBBY, self.epoch, offset, entry.time)
        entry = self.post(say.text, session.number, say.n, late=True)
        session.outcomes[say.n] = Accepted(say.n, LOBBY, entry.epoch, entry.offset, entry.time)
        return session.outcomes[say.n]

    def _mapped(self, epoch: str, offset: int) -> int:
        since = itertools.dropwhile(lambda former: former != epoch, self.forks)
        return min([offset, *(self.forks[former] for former in since)])

    def _welcome(self, line: Line, session: Session, token: str | None = None, *, resumed: bool = False) -> Welcome:
        others = [str(address) for address in self.addresses if address != line.address]
        return Welcome(
            session.number,
            session.nick,
            f"n{self.addresses.index(line.address) + 1}",
            {LOBBY: self.top, "@": ("inbox-" + session.number, 0)},
            self.heartbeat,
            token=token,
            n=session.last,
            nodes=others,
            resumed=resumed,
        )

    def _joined(self, session: Session, room: str, request: int | None) -> Joined:
        epoch, top = self.top if room == LOBBY else ("r1", 1)
        return Joined(room, epoch, top, session.number, session.nick, 1000, 1, [session.nick], request)

    def _renumbered(self, entry: Entry, offset: int) -> Entry:
        # What was written under an earlier epoch is told under the present one.
        return msgspec.structs.replace(entry, epoch=self.epoch, offset=offset)


class Driver:
    """Carries the machine's actions out in the world."""

    def __init__(self, world: World, seed: int = 1, settings: Settings | None = None) -> None:
        self.world = world
        self.now = 100.0
        rng = random.Random(seed)
        settings = settings or Settings()
        self.stay = Stay("alice", [LOBBY], "test", settings, rng)
        self.machine = Failover(Conversation(self.stay), world.addresses, settings, rng)
        self.lines: dict[int, Line] = {}
        self.events: list[Event] = []
        self.sent: list[ClientFrame] = []
        self.tickets = 0

    def start(self) -> None:
        self.do(self.machine.start(self.now))

    def say(self, text: str) -> int:
        self.tickets += 1
        self.machine.conversation.say(self.tickets, LOBBY, text)
        self.do(self.machine.tick(self.now))
        return self.tickets

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Emit(event):
                    self.events.append(event)
                case Connect(link, address):
                    self.lines[link] = Line(link, address)
                    self.world.lines.append(self.lines[link])
                case Send(link, frame):
                    self.sent.append(frame)
                    if link in self.lines:
                        self.lines[link].up.append(frame)
                case Close(link):
                    self.lines.pop(link, None)

    def step(self, which: int = 0) -> bool:
        """One thing happens at one of our lines; False: there is nothing to happen."""
        able = [line for line in self.world.lines if self._can(line)]
        if not able:
            return False
        line = able[which % len(able)]
        if line.link in self.lines and not line.connected:
            self._connect(line)
        elif line.link in self.lines and (line.cut or line.address in self.world.down) and not line.down:
            self.do(self.machine.lost(line.link, "reset", self.now))
        elif line.up and line.address not in self.world.down and not line.cut:
            self.world.handle(line)
        elif line.down and line.link in self.lines:
            self.do(self.machine.received(line.link, line.down.popleft(), self.now))
        return True

    def cut(self, line: Line, lost_down: int) -> None:
        """The connection breaks: what was on its way up is lost, and of the rest the last ones."""
        line.cut = True
        line.up.clear()
        for _ in range(min(lost_down, len(line.down))):
            line.down.pop()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.machine.tick(self.now))

    def settle(self, limit: int = 5000) -> None:
        """Until nothing happens any more, or only heartbeats."""
        quiet = 0
        for _ in range(limit):
            if self.step():
                quiet = 0
                continue
            deadline = self.machine.deadline()
            if deadline is None or quiet >= 4:
                return
            # A heartbeat keeps the steps going for ever; a few rounds of it are enough.
            quiet += self.machine.phase is Phase.ACTIVE and not self.stay.unsent.pending
            self.advance(max(0.0, deadline - self.now))
            while self.step():
                pass
        raise AssertionError("the world does not come to rest")

    def told(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, MessageEvent)]

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def _connect(self, line: Line) -> None:
        if line.address in self.world.down:
            self.do(self.machine.lost(line.link, "connection refused", self.now))
            return
        line.connected = True
        self.do(self.machine.connected(line.link, self.now))

    def _can(self, line: Line) -> bool:
        alive = line.address not in self.world.down and not line.cut
        ours = line.link in self.lines
        return (ours and not line.connected) or (bool(line.up) and alive) or (ours and (bool(line.down) or not alive))


def active() -> Driver:
    """A driver whose machine has its session."""
    made = Driver(World())
    made.start()
    for _ in range(20):
        made.step()
    assert made.machine.phase is Phase.ACTIVE
    return made


def line(driver: Driver) -> Line:
    """The one connection that there is."""
    (only,) = driver.lines.values()
    return only


def hears(driver: Driver, *frames: ServerFrame) -> None:
    number = line(driver).link
    for frame in frames:
        driver.do(driver.machine.received(number, frame, driver.now))


def resumes_with(driver: Driver, logs: Cursors) -> None:
    """The connection breaks; a node resumes the session and names `logs`."""
    session = driver.stay.session or ""

    def welcome(line: Line, _: Hello) -> None:
        line.session = driver.world.sessions[session]
        line.session.holder = line
        line.down.append(Welcome(session, "alice", "n2", logs, 4.0, resumed=True))

    driver.world.on[Hello] = welcome
    driver.do(driver.machine.lost(line(driver).link, "reset", driver.now))
    driver.settle()


def phase(driver: Driver) -> Phase:
    return driver.machine.phase


def said(offset: int, text: str = "hi", epoch: str = "e1", log: str = LOBBY, n: int = 0) -> Message:
    return Message(log, epoch, offset, "bob-session", n or offset, "bob", text, 1000)
