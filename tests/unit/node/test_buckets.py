"""Token buckets, those of a session, and those of an address over several nodes."""

from __future__ import annotations

import time

import pytest

from node.addresses import Addresses
from node.buckets import Bucket
from node.quota import PAUSE, Quota
from node.settings import NodeSettings
from node.sources import source_of
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from wire import Address

HERE = Address("127.0.0.1", 0)
ALICE = "192.0.2.7:5000"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What `node.addresses` takes for the time; to be changed in place."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def settings(**limits: float | tuple[object, ...]) -> NodeSettings:
    return NodeSettings(id="n1", listen=HERE, redis="redis://nowhere/0", http=HERE, **limits)  # type: ignore[arg-type]


def taken(bucket: Bucket, now: float, tries: int) -> int:
    count = 0
    for _ in range(tries):
        if bucket.wait(now) <= 0:
            bucket.take(now)
            count += 1
    return count


def test_a_burst_comes_through_at_once_and_the_rate_after_it() -> None:
    bucket = Bucket(50.0, 200)
    assert taken(bucket, 1000.0, 300) == 200
    assert 0 < bucket.wait(1000.0) <= 0.02
    assert taken(bucket, 1001.0, 300) == 50
    assert taken(bucket, 1100.0, 300) == 200, "it does not grow beyond its burst"


def test_a_rate_of_nothing_is_no_limit() -> None:
    bucket = Bucket(0.0, 1)
    assert taken(bucket, 5.0, 1000) == 1000
    assert bucket.ahead(5.0) == 0


def test_what_was_taken_goes_along_as_a_number() -> None:
    here, there = Bucket(10.0, 20), Bucket(10.0, 20)
    assert taken(here, 100.0, 15) == 15
    there.put(7.0, here.ahead(100.0))  # another node's clock
    assert taken(there, 7.0, 20) == 5


def test_who_is_refused_rests_and_so_does_what_comes_behind() -> None:
    quota = Quota(settings(message_rate=10.0, message_burst=2), None, (0, 0), 0.0)
    assert [quota.say(n, 100.0) for n in (1, 2)] == [0.0, 0.0]
    assert quota.say(3, 100.0) == PAUSE
    assert quota.why_not_said == "message_rate"
    # Enough for one has grown since, but 4 could only be out of order.
    assert quota.say(4, 100.15) == pytest.approx(PAUSE - 0.15)
    assert [quota.say(n, 100.21) for n in (3, 4)] == [0.0, 0.0]
    assert quota.say(5, 100.21) > 0


def test_who_does_not_heed_it_is_noticed_and_who_had_a_window_on_its_way_is_not() -> None:
    quota = Quota(settings(message_rate=1.0, message_burst=1), None, (0, 0), 0.0)
    assert quota.say(1, 50.0) == 0.0
    assert all(quota.say(n, 50.0) > 0 for n in range(2, 67))
    assert not quota.heedless(64)
    assert quota.say(67, 50.0) > 0
    assert quota.heedless(64)


def test_nobody_leaves_before_he_has_joined() -> None:
    quota = Quota(settings(join_rate=10.0, join_burst=1), None, (0, 0), 0.0)
    assert quota.ask(1.0, 10.0) == 0.0
    assert quota.ask(1.0, 10.0) > 0
    assert quota.ask(0.0, 10.15) > 0
    assert quota.ask(1.0, 10.21) == 0.0


def test_one_address_shares_its_buckets_whoever_speaks() -> None:
    one = Addresses(told := settings(address_message_rate=10.0, address_message_burst=5), FakeCluster(Store()))
    quotas = [Quota(told, one.enter(f"192.0.2.7:{port}"), (0, 0), 0.0) for port in range(3)]
    other = Quota(told, one.enter("192.0.2.8:1"), (0, 0), 0.0)
    said = [quotas[n % 3].say(n, 100.0) for n in range(9)]
    assert [wait == 0.0 for wait in said] == [True] * 5 + [False] * 4
    assert quotas[0].why_not_said == "address_message_rate"
    assert other.say(1, 100.0) == 0.0


def test_an_address_has_the_same_buckets_at_each_node() -> None:
    store, told = Store(), settings(address_message_rate=10.0, address_message_burst=5, address_join_burst=2)
    one, two = Addresses(told, FakeCluster(store, "n1")), Addresses(told, FakeCluster(store, "n2"))
    here, there = one.enter(ALICE), two.enter(ALICE)
    assert here is not None
    assert there is not None
    assert all(here.say(100.0) <= 0 for _ in range(3))
    assert all(there.say(100.0) <= 0 for _ in range(2))
    for node in (one, two, one):
        node.step()
    assert here.say(100.0) > 0
    assert there.say(100.0) > 0
    newcomer = Addresses(told, FakeCluster(store, "n3")).enter(ALICE)
    assert newcomer is not None
    assert newcomer.say(100.0) > 0, "it is asked about before anybody is let in"
    one.step()
    assert store.addresses["192.0.2.7"] == (500, 0), "each is told once"


def test_what_has_come_back_already_is_not_told_late(clock: list[float]) -> None:
    store = Store()
    one = Addresses(settings(address_message_rate=10.0, address_message_burst=5), FakeCluster(store))
    address = one.enter(ALICE)
    assert address is not None
    for _ in range(150):
        clock[0] += 2
        assert address.say(clock[0]) <= 0
    one.step()
    assert store.addresses["192.0.2.7"][0] <= 500, "or it would be kept out for as long as they were not told"


def test_an_address_is_forgotten_when_it_owes_nothing_and_not_before() -> None:
    one = Addresses(settings(address_message_rate=10.0, address_message_burst=5), FakeCluster(Store()))
    address = one.enter(ALICE)
    assert address is not None
    address.say(100.0)
    one.leave(address)
    one.sweep(100.0)
    assert one.enter(ALICE) is address
    one.leave(address)
    one.step()
    one.sweep(10.0**9)
    assert len(one) == 0
    one.enter(ALICE)
    one.sweep(10.0**9)
    assert len(one) == 1, "somebody is here"


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        ("192.0.2.7:5", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:5", "192.0.2.7"),
        ("[2001:db8:1:2:3:4:5:6]:5", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:7", "2001:db8:1:2::/64"),
    ],
)
def test_what_counts_as_one_address(peer: str, key: str) -> None:
    assert source_of(peer) == key


def test_who_is_exempt() -> None:
    addresses = Addresses(settings(exempt=("198.51.100.0/24",)), FakeCluster(Store()))
    assert addresses.enter("198.51.100.9:1") is None
    assert addresses.enter("127.0.0.1:1") is not None
    usual = Addresses(settings(), FakeCluster(Store()))
    assert usual.enter("127.9.9.9:1") is usual.enter("[::1]:1") is None
    assert usual.enter(ALICE) is not None


def test_who_could_not_be_asked_about_for_a_fault_of_ours_is_not_remembered_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = FakeCluster(Store())
    one = Addresses(settings(), cluster)
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "addresses", lambda _: [])  # fewer answers than questions
        with pytest.raises(ValueError, match="zip"):
            one.enter(ALICE)
    one.sweep(10.0**9)
    assert len(one) == 0
