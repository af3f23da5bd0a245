"""A user of the library who writes down all that happens, and a crowd of them that talks steadily."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from types import TracebackType

from client.chat import ChatClient
from client.events import (
    AcceptedEvent,
    Connected,
    Event,
    GapEvent,
    JoinedEvent,
    LeftEvent,
    MaybeLost,
    MessageEvent,
    Moved,
    RefusedEvent,
)
from tests.support import checker
from tests.support.deployment import Deployment
from tests.support.history import Happening, History, Kind
from tests.support.texts import text
from tests.support.waiting import wait_until

LOBBY = "#lobby"


class Talker:
    """One `ChatClient`, whose nickname is its name in the history. It tries `servers` as they stand."""

    def __init__(self, nick: str, servers: Sequence[str], history: History) -> None:
        self.nick = nick
        self.said = 0
        self._history = history
        self.chat = ChatClient(servers, nick, on_event=self._note, in_order=True)

    def enter(self) -> None:
        """Comes into the lobby."""
        self._history.add(Happening(self.nick, Kind.OPENING, LOBBY))
        self.chat.start(15.0)
        wait_until(lambda: self._history.count(Kind.ENTERED, self.nick), what=f"{self.nick} is in the lobby")

    def say(self, to: str = LOBBY, words: str | None = None) -> None:
        """Says `words`, or something new, and does not wait for the outcome."""
        self.said += 1
        words = words or text(self.nick, self.said)
        self._history.add(Happening(self.nick, Kind.SENT, to, text=words))
        self.chat.say(words, to, timeout=30.0)

    def leave(self) -> None:
        """Quits in order."""
        self._history.add(Happening(self.nick, Kind.LEAVING, LOBBY))
        self.chat.quit()
        self._history.add(Happening(self.nick, Kind.GONE, LOBBY))

    def _note(self, event: Event) -> None:
        for happening in _happenings(self.nick, event):
            self._history.add(happening)


def _happenings(nick: str, event: Event) -> list[Happening]:
    note = partial(Happening, nick)
    match event:
        case AcceptedEvent():
            return [note(Kind.ACCEPTED, event.to, text=event.text, epoch=event.epoch, offset=event.offset)]
        case RefusedEvent():
            return [note(Kind.REFUSED, event.to, text=event.text)]
        case MaybeLost():
            return [note(Kind.UNSURE, one.to, text=one.text) for one in event.sayings]
        case MessageEvent():
            kind = Kind.HISTORY if event.history else Kind.RECEIVED
            place = {"epoch": event.epoch, "offset": event.offset}
            return [note(kind, event.room or "@", event.nick, event.text, **place)]  # type: ignore[arg-type]
        case JoinedEvent():
            return [note(Kind.ENTERED if event.own else Kind.JOINED, event.room, event.nick)]
        case LeftEvent():
            return [note(Kind.LEFT, event.room, event.nick)]
        case GapEvent():
            return [note(Kind.GAP, event.room or "@", first=event.first, last=event.last, epoch=event.former)]
        case Moved():
            return [note(Kind.MOVED, who=event.node)]
        case Connected(former=str()):
            return [note(Kind.RENEWED)]
    return []


class Crowd:
    """`size` people spread evenly over the nodes, who talk at `rate` messages a second in all. One in ten
    messages is private. Use as a context manager; leaving it ends all."""

    def __init__(self, deployment: Deployment, size: int, rate: float = 60.0, servers: Sequence[str] = ()) -> None:
        self.history = History()
        self._deployment = deployment
        self._pause = 1.0 / rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="crowd")
        homes = servers or deployment.addresses
        self.talkers = [Talker(f"t{i:02}", _turned(homes, i), self.history) for i in range(size)]

    def __enter__(self) -> Crowd:
        for talker in self.talkers:
            talker.enter()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hush()
        for talker in self.talkers:
            talker.chat.close()

    def at(self, node: str) -> list[Talker]:
        """Who is connected to that node now."""
        return [talker for talker in self.talkers if talker.chat.node == node]

    def wait_talk(self, more: int, within: float = 30.0) -> None:
        """Until each has had `more` messages of his accepted from now on."""
        goal = {talker.nick: self.history.count(Kind.ACCEPTED, talker.nick) + more for talker in self.talkers}

        def talked() -> bool:
            return all(self.history.count(Kind.ACCEPTED, nick) >= n for nick, n in goal.items())

        wait_until(talked, within, f"each has {more} more messages accepted")

    def finish(self, within: float = 30.0, others: Sequence[str] = ()) -> None:
        """Ends the talk, waits until everybody has everything, and fails if a promise was broken.
        `others`: people who come and go beside the crowd, of whom the history knows nothing."""
        self._hush()
        for talker in self.talkers:
            talker.say(words=f"{talker.nick} says good bye")
        settled = lambda: not (checker.unanswered(self.history.all()) or checker.lost(self.history.all()))  # noqa: E731
        try:
            wait_until(settled, within, "everybody has everything")
        except AssertionError:
            pass
        found = checker.violations([h for h in self.history.all() if h.who not in others])
        assert not found, f"{len(found)} violations:\n" + "\n".join(found[:20])
        said = self._deployment.said_in(LOBBY)
        assert len(said) == len(set(said)), "the log holds a message twice; the clients only hide it"
        self.check_presence()

    def check_presence(self) -> None:
        """What Redis shows is where people are."""
        here = {talker.nick: f"{talker.chat.node} here" for talker in self.talkers}
        shown = self._deployment.presence()
        assert {nick: shown.get(nick) for nick in here} == here

    def _hush(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(60)

    def _talk(self) -> None:
        turn = 0
        while not self._stop.wait(self._pause):
            talker = self.talkers[turn % len(self.talkers)]
            other = self.talkers[(turn * 7 + 3) % len(self.talkers)]
            private = turn % 10 == 9 and other is not talker
            talker.say(f"@{other.nick}" if private else LOBBY)
            turn += 1


def _turned(addresses: Sequence[str], by: int) -> list[str]:
    """All of them, beginning at another one for each."""
    start = by % len(addresses)
    return [*addresses[start:], *addresses[:start]]
