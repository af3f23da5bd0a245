"""What is said at a cluster in memory, and what was taken of limits."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.errors import ClusterError, Fenced, Refused
from cluster.seam import PublishDone
from cluster.types import Kind, Position, Publication, Published, Reason
from tests.unit.node.fake_accounts import FakeAccounts
from tests.unit.node.fake_store import Row, Store


class FakeSayings(FakeAccounts):
    """The part of `ClusterSeam` that is about saying. Knobs: `hold_says`, `answers`."""

    def __init__(self, store: Store, node: str) -> None:
        super().__init__(store, node)
        self.hold_says = False
        self.held: list[tuple[PublishDone, Published | ClusterError]] = []
        self.answers: list[ClusterError] = []  # given to the next says instead of doing them

    def release_says(self) -> None:
        self.hold_says = False
        held, self.held = self.held, []
        for done, outcome in held:
            done(outcome)

    def publish(self, session: str, claim: str, said: Publication, done: PublishDone) -> None:
        self._check_taking()
        with self.store.lock:
            outcome = self._publish(session, claim, said)
            if isinstance(outcome, Published):
                self.store.ahead[session] = (said.ahead, self.store.ahead[session][1])
            if self.hold_says:
                self.held.append((done, outcome))
                return
            done(outcome)

    def _publish(self, session: str, claim: str, said: Publication) -> Published | ClusterError:
        n, again = said.n, said.again
        if self.answers:
            return self.answers.pop(0)
        try:
            row = self._owned(session, claim)
        except Fenced as error:
            return error
        if n > row.n + 1:
            return Refused(Reason.OUT_OF_ORDER, str(row.n))
        if again is not None:
            self._note("again", str(n), again.epoch, str(again.offset))
            row.outcomes[n] = self._again(row, n, said.to, said.text)
        if n <= row.n:
            known = row.outcomes.get(n, Reason.FORGOTTEN)
            return known if isinstance(known, Published) else Refused(known)
        outcome = self._outcome(row, said)
        row.n = n
        row.outcomes[n] = outcome
        return outcome if isinstance(outcome, Published) else Refused(outcome)

    def _again(self, row: Row, n: int, to: str, text: str) -> Published:
        log = f"@{self.store.nicks[to[1:]]}" if to.startswith("@") else to
        for entry in self.store.logs.get(log, []):
            if (entry.kind, entry.session, entry.n) == (Kind.MESSAGE, row.session, n):
                return Published(n, log, Position(self.store.epoch, entry.offset), entry.time)
        entry = self.store.append(log, Kind.MESSAGE, row.session, n, row.name.shown, text, late=True)
        return Published(n, log, Position(entry.epoch, entry.offset), entry.time)

    def _outcome(self, row: Row, said: Publication) -> Published | str:
        n, to = said.n, said.to
        if said.refusal:
            return said.refusal
        if to.startswith("#") and to not in row.rooms:
            return Reason.NOT_MEMBER
        if self.store.rights.is_muted(to, row.session):
            return Reason.MUTED
        log = to
        if to.startswith("@"):
            addressee = self.store.nicks.get(to[1:])
            if addressee is None:
                return Reason.NO_SUCH_NICK
            if said.holder and said.holder != addressee:
                return Reason.ADDRESSEE_CHANGED
            log = f"@{addressee}"
        entry = self.store.append(log, Kind.MESSAGE, row.session, n, row.name.shown, said.text)
        return Published(n, log, Position(entry.epoch, entry.offset), entry.time)

    def pace(self, session: str, claim: str, ahead: int) -> None:
        with self.store.lock:
            self.store.ahead[session] = (self.store.ahead[session][0], ahead)

    def addresses(self, spent: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
        """As if no time went by."""
        with self.store.lock:
            for address, *taken in spent:
                before = self.store.addresses.get(address, (0, 0))
                self.store.addresses[address] = (before[0] + taken[0], before[1] + taken[1])
            return [self.store.addresses[address] for address, *_ in spent]
