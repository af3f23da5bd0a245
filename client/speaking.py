"""Saying something, and waiting until all of it has an outcome."""

from __future__ import annotations

from client.commands import addressee, saying, valid
from client.core import Core
from client.errors import Backlogged
from client.handles import Sending
from wire.names import LOBBY
from wire.text import ACTION, check


class Speaking(Core):
    """Part of `ChatClient`. Any thread."""

    def say(self, text: str, to: str = LOBBY, *, action: bool = False, timeout: float | None = None) -> Sending:
        """Puts `text` in line for `#room` or `@nick` and returns at once, unless `settings.backlog`
        wait already: then it blocks, up to `timeout` seconds. `action`: it is what we do ("waves").
        Raises Refused for what can't be said, Backlogged, Closed."""
        to = valid(addressee, to)
        valid(check, text)
        if action:
            text = ACTION + text
            valid(check, text)
        with self._changed:
            self._wait_for_room(timeout)
            sending = Sending(self._ticket(), to, text, self._changed)
            ticket = sending.ticket
            # Queued under the lock, so that lines are said in the order of their tickets. Before it is entered: a
            # Ctrl-C between the two must not leave one behind that waits for ever.
            self._network.put(lambda machine, now: saying(machine, ticket, to, text, now))
            self._ledger.add(sending)
        self._network.wake()
        return sending

    def flush(self, timeout: float | None = None) -> bool:
        """Blocks up to `timeout` seconds until all that was said has an outcome. Whether it has. Raises Backlogged as
        a handle's `wait` does."""
        with self._changed:
            self._changed.wait_for(lambda: not self._ledger.pending or self._over, timeout)
            return not self._ledger.pending

    def _wait_for_room(self, timeout: float | None) -> None:
        # The lock is held.
        if self._network.current:
            timeout = 0.0
        limit = self._settings.backlog
        self._changed.wait_for(lambda: self._ledger.pending < limit or self._over, timeout)
        self._check_open()
        if self._ledger.pending >= limit:
            raise Backlogged(f"{limit} messages wait to be accepted already")
