"""A crowd of users of the library that talks steadily, and writes down all that happens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType

from drill import checker
from drill.history import History, Kind
from drill.workload.stays import LOBBY
from drill.workload.talker import Talker
from tests.support.deployment import Deployment
from tests.support.waiting import wait_until


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
            assert talker.enter(), f"{talker.nick} could not enter: {talker.chat.error}"
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
        settled = lambda: checker.settled(self.history.all())  # noqa: E731
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

        def true() -> bool:
            shown = self._deployment.presence()
            return all(shown.get(each.nick) == f"{each.chat.node} here" for each in self.talkers)

        # Who is moving just now is shown at his new node before his client was told that he is there.
        wait_until(true, 30.0, "presence shows where people are")

    def planned_moves(self) -> Counter[str]:
        """Node -> how many came to it before they had left another one. Those are no planned moves that began with a
        broken connection: on a machine that stood still for a moment clients take their node for dead."""
        broken: set[str] = set()
        planned: Counter[str] = Counter()
        for happening in self.history.all():
            if happening.kind is Kind.DISCONNECTED:
                broken.add(happening.client)
            elif happening.kind is Kind.MOVED:
                planned[happening.who] += happening.client not in broken
                broken.discard(happening.client)
        return +planned

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
