"""Two people who talk as long as the test lasts, each waiting for the other's word."""

from __future__ import annotations

import threading
from itertools import count
from types import TracebackType
from typing import Any

from tests.hostile.answers import of
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.waiting import wait_until
from wire.frames import INBOX, Accepted, Ack, Error, Gap, Join, Joined, Leave, Left, Message, Quit

NUMBERS = count(1)
PATIENCE = 45.0
"""Seconds for one word from one to the other: what hostile clients may cost is measured in benchmarks/hostile.py."""
REST = 0.02
"""Seconds between two rounds, so that it is the attack that keeps the nodes busy."""


class HonestPair:
    """`one` is at n1, `other` at n2. In turn each says something in their room and to the other in private; a round is
    over when all four words were heard. Use as a context manager; `check` when it has ended."""

    def __init__(self, cluster: Deployment) -> None:
        number = next(NUMBERS)
        self.room = f"#honest{number}"
        self.one = NativeClient(cluster.addresses[0], f"honest{number}")
        self.other = NativeClient(cluster.addresses[1], f"other{number}")
        self.rounds = 0
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._talk, name=f"honest pair {number}")

    def __enter__(self) -> HonestPair:
        for client in (self.one, self.other):
            client.enter()
            client.send(Leave(room="#lobby"))
            client.expect(Left, of(nick=client.nick))
            client.send(Join(room=self.room))
            client.expect(Joined, lambda frame: frame.log == self.room and frame.count is not None)
        self._thread.start()
        self.goes_on()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self.goes_on()
        finally:
            self._over.set()
            self._thread.join(3 * PATIENCE)
            for client in (self.one, self.other):
                client.send(Quit())
                client.expect_end()
                client.close()

    def goes_on(self, rounds: int = 2) -> None:
        """Returns when so many more rounds are over."""
        until = self.rounds + rounds
        wait_until(lambda: self.rounds >= until or not self._thread.is_alive(), 3 * PATIENCE, "the honest pair talks")
        if self._error is not None:
            raise AssertionError(f"the honest pair was disturbed after {self.rounds} rounds") from self._error

    def check(self) -> None:
        """Everything once and in order, for both, with nothing strange between."""
        assert self._error is None, self._error
        for client in (self.one, self.other):
            for log, times in ((self.room, 2), ("@", 1)):
                heard = [frame for frame in client.frames if _is_said(frame, log)]
                assert len(heard) == times * self.rounds, f"{client.nick} heard {len(heard)} in {log}"
                offsets = [frame.offset for frame in heard]
                assert offsets == sorted(set(offsets)), f"{client.nick}: not in order"
            strange = [frame for frame in client.frames if isinstance(frame, Error | Gap)]
            assert not strange, strange

    def _talk(self) -> None:
        try:
            while not self._over.wait(REST):
                self._round()
                self.rounds += 1
        except (AssertionError, OSError, ValueError) as error:  # told where the test looks for it
            self._error = error

    def _round(self) -> None:
        for speaker, hearer in ((self.one, self.other), (self.other, self.one)):
            for to in (self.room, f"@{hearer.nick}"):
                text = f"{speaker.nick} to {to} in round {self.rounds}"
                n = speaker.say(text, to)
                speaker.expect(Accepted, of(n=n), PATIENCE)
                heard = hearer.expect_text(text, PATIENCE)
                if heard.log == INBOX:
                    hearer.send(Ack(cursors={INBOX: (heard.epoch, heard.offset)}))
                if to == self.room:
                    speaker.expect_text(text, PATIENCE)


def _is_said(frame: Any, log: str) -> bool:
    """By a person: operators speak to everybody."""
    return isinstance(frame, Message) and frame.log == log and not frame.history and not frame.is_announcement
