"""Who owns which nickname, in memory; and what each call of a cluster in memory begins with."""

from __future__ import annotations

import threading

from cluster.errors import Degraded, Fenced, Refused, Stopped
from cluster.seam import ClusterEvents, Health
from cluster.types import Account, Entry, Name, Reason
from tests.unit.node.fake_store import Row, Store


class FakeAccounts:
    """The part of `ClusterSeam` that is about accounts. `calls`: what was asked, in order."""

    def __init__(self, store: Store, node: str) -> None:
        self.store = store
        self.node = node
        self.events: ClusterEvents | None = None
        self.health = Health.STARTING
        self.calls: list[tuple[str, ...]] = []
        self.changed = threading.Condition(store.lock)
        self.stopped = False

    def hear(self, entry: Entry) -> None:
        """What the subscriber does."""
        raise NotImplementedError

    def _note(self, *call: str) -> None:
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def _owned(self, session: str, claim: str) -> Row:
        row = self.store.rows.get(session)
        if row is None or row.claim != claim or row.node is not self:
            raise Fenced
        return row

    def _check_taking(self) -> None:
        if self.stopped:
            raise Stopped
        if self.health in (Health.DEGRADED, Health.STARTING):
            raise Degraded

    # -- ClusterSeam ----------------------------------------------------------------------

    def account(self, mapped: str, whose: str) -> Account | None:
        self._check_taking()
        self._note("account", mapped, whose)
        hashed = self.store.accounts.get(mapped)
        return None if hashed is None else Account(f"id of {mapped}", hashed)

    def admitted(self, mapped: str, whose: str, hashed: str, renewed: str) -> None:
        self._note("admitted", mapped, whose, hashed, renewed)
        if renewed and self.store.accounts.get(mapped) == hashed:
            self.store.accounts[mapped], self.store.formers[mapped] = renewed, hashed

    def register(self, session: str, claim: str, name: Name, hashed: str, proof: str = "") -> tuple[str, str]:
        self._check_taking()
        self._owned(session, claim)
        if not self.store.is_proof(name.mapped, proof):
            raise Refused(Reason.NOT_ADMITTED)
        self._note("register", name.mapped, hashed)
        self.store.accounts[name.mapped] = hashed
        return name.shown, f"id of {name.mapped}"

    def unregister(self, session: str, claim: str, mapped: str, hashed: str) -> str:
        self._check_taking()
        if self.store.accounts.get(mapped) != hashed:
            raise Refused(Reason.NOT_REGISTERED)
        del self.store.accounts[mapped]
        return self._owned(session, claim).name.shown
