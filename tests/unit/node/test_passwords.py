"""Passwords at a node: the same answer and the same work for unknown and wrong, never too many at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from argon2 import PasswordHasher

from cluster.errors import Refused
from cluster.hashing import hasher
from cluster.types import Reason
from node.access import PASSWORD, REGISTERED, tries_of
from node.hasher import Here
from node.main import Node
from node.settings import BadSetting, NodeSettings
from node.vault import Busy, Gone, Vault, same_secret
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import HERE, Native, log_of, running
from tests.unit.node.waiting import wait_for
from wire.codes import Code
from wire.frames import Error, Hello, Register, Registered, Unregister, Unregistered, Welcome

SECRET, OTHER = "open sesame", "shut barley"


def settings(**more: Any) -> NodeSettings:
    return NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE, **more)


def nobody_left() -> bool:
    return False


class Inside(Here):
    """Hashes in this process, where a test can take its place."""

    def stop(self) -> None:
        """Nobody waits here."""

    def close(self) -> None:
        """Nothing is held."""


@contextmanager
def opened(line: int = 32) -> Iterator[Vault]:
    vault = Vault(Inside, line, at_once=2)
    threads = [threading.Thread(target=vault.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield vault
    vault.stop()
    for thread in threads:
        thread.join(10)


def test_the_parameters_are_those_of_owasp() -> None:
    assert hasher().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_fits_its_own_hash_alone() -> None:
    with opened() as vault:
        hashed = vault.hash(SECRET, nobody_left)
        assert SECRET not in hashed
        assert vault.verify(hashed, SECRET, nobody_left)
        assert not vault.verify(hashed, OTHER, nobody_left)
        assert not vault.verify("what another program wrote", SECRET, nobody_left)
        assert not vault.is_outdated(hashed)
        assert vault.is_outdated(PasswordHasher(1, 8, 1).hash(SECRET))


def test_where_there_is_nothing_to_compare_the_same_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(hashed)
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    with opened() as vault:
        mine = vault.hash(SECRET, nobody_left)
        assert not vault.verify(mine, OTHER, nobody_left)
        assert not vault.verify(None, OTHER, nobody_left)
        assert not vault.verify(None, "", nobody_left)  # whatever it is compared with
    parameters = {re.match(r"\$\w+\$v=\d+\$[^$]*\$", hashed) and hashed.rsplit("$", 2)[0] for hashed in verified}
    assert (len(verified), len(parameters)) == (3, 1)


def test_more_than_the_line_holds_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    go, inside = threading.Event(), threading.Semaphore(0)

    def slow(*_: Any) -> str:
        inside.release()
        assert go.wait(10)
        return "$hash"

    with opened(line=1) as vault:
        monkeypatch.setattr(PasswordHasher, "hash", slow)
        waiting = [threading.Thread(target=lambda: vault.hash(SECRET, nobody_left)) for _ in range(3)]
        for thread in waiting:
            thread.start()
        for _ in range(2):
            assert inside.acquire(timeout=10)
        wait_for(lambda: vault.waiting == 3)  # the third is on its way into the line
        with pytest.raises(Busy):
            vault.hash(SECRET, nobody_left)
        go.set()
        for thread in waiting:
            thread.join(10)
        assert vault.hash(SECRET, nobody_left) == "$hash"


def test_one_address_leaves_half_of_the_line_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    with opened(line=16) as vault:
        monkeypatch.setattr(PasswordHasher, "hash", lambda *_: go.wait(10) and "$hash")
        ask = [threading.Thread(target=vault.hash, args=(SECRET, nobody_left, "192.0.2.1")) for _ in range(10)]
        ask += [threading.Thread(target=vault.hash, args=(SECRET, nobody_left, f"198.51.100.{n}")) for n in range(7)]
        for count, thread in enumerate(ask, 1):
            thread.start()
            wait_for(lambda count=count: vault.waiting == count)
            if count >= 10:
                with pytest.raises(Busy):
                    vault.hash(SECRET, nobody_left, "192.0.2.1")
        go.set()
        for thread in ask:
            thread.join(10)
        assert vault.hash(SECRET, nobody_left, "192.0.2.1") == "$hash"


def test_addresses_take_turns_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks once does not wait for all that another address has put there."""
    go, inside, order = threading.Event(), threading.Semaphore(0), []

    def slow(_: PasswordHasher, password: str) -> str:
        inside.release()
        assert go.wait(10)
        order.append(password)
        return "$hash"

    vault = Vault(Inside, at_once=1)
    monkeypatch.setattr(PasswordHasher, "hash", slow)
    loop = threading.Thread(target=vault.run)
    loop.start()
    ask = [threading.Thread(target=vault.hash, args=(f"theirs {n}", nobody_left, "192.0.2.1")) for n in range(6)]
    ask += [threading.Thread(target=vault.hash, args=(f"mine {n}", nobody_left, "198.51.100.1")) for n in range(2)]
    for count, thread in enumerate(ask, 1):
        thread.start()
        wait_for(lambda count=count: vault.waiting == count)
        if count == 1:
            assert inside.acquire(timeout=10)
    wait_for(lambda: sum(map(len, vault._turns._waiting.values())) == 7)
    go.set()
    for thread in ask:
        thread.join(10)
    vault.stop()
    loop.join(10)
    assert order == ["theirs 0", "theirs 1", "mine 0", "theirs 2", "mine 1", "theirs 3", "theirs 4", "theirs 5"]


def test_who_waits_when_the_node_leaves_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    go, inside, outcomes = threading.Event(), threading.Semaphore(0), []

    def slow(*_: Any) -> str:
        inside.release()
        assert go.wait(10)
        return "$hash"

    def ask() -> None:
        try:
            outcomes.append(vault.hash(SECRET, nobody_left))
        except Gone:
            outcomes.append("gone")

    vault = Vault(Inside, at_once=1)
    monkeypatch.setattr(PasswordHasher, "hash", slow)
    loop, waiting = threading.Thread(target=vault.run), [threading.Thread(target=ask) for _ in range(3)]
    for thread in (loop, *waiting):
        thread.start()
    assert inside.acquire(timeout=10)
    wait_for(lambda: sum(map(len, vault._turns._waiting.values())) == 2)
    vault.stop()
    wait_for(lambda: outcomes == ["gone"] * 2)
    go.set()
    for thread in (loop, *waiting):
        thread.join(10)
    assert outcomes == ["gone"] * 2 + ["$hash"]
    with pytest.raises(Gone):
        vault.hash(SECRET, nobody_left)


def test_for_who_has_hung_up_nothing_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as vault:
        monkeypatch.setattr(PasswordHasher, "hash", lambda *_: pytest.fail("hashed"))
        with pytest.raises(Gone):
            vault.hash(SECRET, lambda: True)


def test_secrets_are_compared_whole() -> None:
    assert same_secret(SECRET, SECRET)
    assert not any(same_secret(each, SECRET) for each in ("", SECRET[:-1], SECRET + "x", OTHER))


@pytest.mark.parametrize(
    ("peer", "whose"),
    [
        ("192.0.2.1:5", "192.0.2.1"),
        ("[2001:db8:1:2:3:4:5:6]:5", "2001:db8:1:2::"),
        ("[2001:db8:1:2:ffff::1]:7", "2001:db8:1:2::"),
        ("[::ffff:192.0.2.1]:5", "192.0.2.1"),  # as a port for both has it: else a second number of tries
        ("[fe80::1%eth0]:5", "fe80::"),
        ("somewhere", "somewhere"),
    ],
)
def test_whose_tries_are_counted(peer: str, whose: str) -> None:
    assert tries_of(peer) == whose


@pytest.mark.parametrize("secret", ["", "short", "x" * 129])
def test_a_cluster_without_a_good_password_does_not_start(secret: str) -> None:
    with pytest.raises(BadSetting, match="HYDRACHAT_ACCESS_PASSWORD"):
        settings(access=PASSWORD, secret=secret)
    assert "open sesame" not in repr(settings(access=PASSWORD, secret="open sesame"))


def answer(client: Native) -> Welcome | Error:
    while not isinstance(frame := client.frame(), Welcome | Error):
        pass
    return frame


def hello(node: Node, nick: str, password: str | None = None) -> Welcome | Error:
    with Native(node) as client:
        client.say(Hello(nick=nick, password=password))
        return answer(client)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(Store(accounts={"alice": hasher().hash(SECRET)}))


def test_unknown_and_wrong_are_asked_and_answered_alike(cluster: FakeCluster) -> None:
    with running(cluster) as node:
        answers = [hello(node, nick, OTHER) for nick in ("alice", "nobody")]
        # What can't be a password is no shorter way.
        answers += [hello(node, nick, "x") for nick in ("alice", "nobody")]
        assert [answer == answers[0] for answer in answers] == [True] * 4
        assert isinstance(answers[0], Error)
        assert answers[0].code == Code.NOT_ADMITTED
        assert [call[:2] for call in cluster.calls] == [
            ("account", "alice"), ("account", "nobody"), ("account", "alice"), ("account", "nobody"),
        ]  # fmt: skip
        assert node.house.metrics.passwords.labels("wrong")._value.get() == 4
        assert isinstance(hello(node, "alice", SECRET), Welcome)
        assert node.house.metrics.passwords.labels("right")._value.get() == 1
    assert [line["nick"] for line in log_of(node) if line["event"] == "wrong_password"] == ["alice", "nobody"] * 2
    assert SECRET not in str(log_of(node))


def test_the_connection_stays_open_for_another_try(cluster: FakeCluster) -> None:
    with running(cluster) as node, Native(node) as client:
        for password in (None, OTHER):
            client.say(Hello(nick="alice", password=password))
            refused = answer(client)
            assert isinstance(refused, Error)
            assert refused.code == Code.NOT_ADMITTED
        client.say(Hello(nick="alice", password=SECRET))
        assert isinstance(answer(client), Welcome)


def test_a_hash_of_former_rules_is_made_anew(cluster: FakeCluster) -> None:
    cluster.store.accounts["alice"] = PasswordHasher(1, 8, 1).hash(SECRET)
    with running(cluster) as node:
        assert isinstance(hello(node, "alice", SECRET), Welcome)
    assert cluster.store.accounts["alice"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_registered_nicknames(cluster: FakeCluster) -> None:
    with running(cluster, access=REGISTERED) as node:
        refused = [hello(node, "bob"), hello(node, "bob", SECRET), hello(node, "alice", OTHER)]
        assert [isinstance(each, Error) and each.code for each in refused] == [Code.NOT_ADMITTED] * 3
        assert isinstance(hello(node, "alice", SECRET), Welcome)


def test_the_clusters_password_opens_what_is_not_registered(cluster: FakeCluster) -> None:
    with running(cluster, access=PASSWORD, secret=OTHER) as node:
        refused = [hello(node, "bob"), hello(node, "bob", SECRET), hello(node, "alice", OTHER)]
        assert [isinstance(each, Error) and each.code for each in refused] == [Code.NOT_ADMITTED] * 3
        assert isinstance(hello(node, "bob", OTHER), Welcome)
        assert isinstance(hello(node, "alice", SECRET), Welcome)


def test_too_many_are_told_when_to_come_back(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> bool:
        raise Busy

    with running(cluster) as node, Native(node) as alice:
        alice.enter("bob")
        monkeypatch.setattr(Vault, "verify", full)
        monkeypatch.setattr(Vault, "hash", full)
        turned_away = hello(node, "alice", SECRET)
        assert isinstance(turned_away, Error)
        assert (turned_away.code, turned_away.after > 0) == (Code.BUSY, True)
        alice.say(Register(password=SECRET, id=7))
        refused = alice.expect(Error)
        assert (refused.code, refused.id, refused.after > 0) == (Code.RATE_LIMITED, 7, True)


@pytest.mark.parametrize("why", [Busy(), Refused(Reason.RATE_LIMITED, "1000")])
def test_an_answer_that_ends_the_connection_ends_it(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    """Else all that a stranger sends until the time for his hello is over would be read, as fast as it comes."""

    def refuse(*_: Any) -> bool:
        raise why

    target: Any = Vault if isinstance(why, Busy) else cluster
    monkeypatch.setattr(target, "verify" if isinstance(why, Busy) else "account", refuse)
    with running(cluster) as node, Native(node) as client:
        client.say(Hello(nick="alice", password=SECRET))
        (*_, last) = client.frames_to_end()
        assert isinstance(last, Error)
        assert last.code in (Code.BUSY, Code.RATE_LIMITED)


def test_registering_and_giving_up(cluster: FakeCluster) -> None:
    with running(cluster) as node, Native(node) as bob:
        bob.enter("bob")
        for bad in ("short", "x" * 129, "bob"):
            bob.say(Register(password=bad, id=1))
            assert bob.expect(Error).code == Code.BAD_PASSWORD
        bob.say(Register(password=SECRET, id=2))
        assert bob.expect(Registered) == Registered("bob", 2)
        assert hasher().verify(cluster.store.accounts["bob"], SECRET)
        for former, code in ((None, Code.NOT_ADMITTED), ("not this one", Code.NOT_ADMITTED)):
            bob.say(Register(password=OTHER, id=5, former=former))
            refused = bob.expect(Error)
            assert (refused.code, refused.id) == (code, 5)
        assert hasher().verify(cluster.store.accounts["bob"], SECRET)
        bob.say(Register(password=OTHER, id=6, former=SECRET))
        assert bob.expect(Registered) == Registered("bob", 6)
        # Asked again, since the answer was lost: it is as it was asked for.
        for again in (Register(password=OTHER, id=7, former=SECRET), Register(password=OTHER, id=7)):
            bob.say(again)
            assert bob.expect(Registered) == Registered("bob", 7)
        bob.say(Register(password=SECRET, id=8, former=OTHER))
        assert bob.expect(Registered) == Registered("bob", 8)
        bob.say(Unregister(password=OTHER, id=3))
        refused = bob.expect(Error)
        assert (refused.code, refused.id) == (Code.NOT_ADMITTED, 3)
        bob.say(Unregister(password=SECRET, id=4))
        assert bob.expect(Unregistered) == Unregistered("bob", 4)
        assert "bob" not in cluster.store.accounts
