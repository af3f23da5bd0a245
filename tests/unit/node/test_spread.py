"""Who goes where, and when: a pure plan."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given, strategies as st

from cluster.types import NodeInfo
from node.drain import GENTLE, LONGEST, Order, pace
from node.settings import NodeSettings
from node.spread import Target, candidates, plan
from wire import Address

SETTINGS = NodeSettings(id="n1", listen=Address("::1", 1), redis="redis://nowhere/0", http=Address("::1", 2))


def row(node: str, state: str = "serving", *, alive: bool = True) -> NodeInfo:
    return NodeInfo(node, "b", "127.0.0.1:1", "127.0.0.1:2", state, "1", 0, 0.1, alive)


def test_clients_fill_the_emptier_target_first() -> None:
    steps = plan(range(6), [Target("full:1", 5), Target("empty:1", 1)], 3.0)
    assert [where for _, where, _ in steps] == ["empty:1"] * 4 + ["full:1", "empty:1"]


def test_the_moves_are_paced_evenly_and_the_first_goes_at_once() -> None:
    steps = plan("abcd", [Target("x:1", 0), Target("y:1", 0)], 20.0)
    assert [(who, after) for who, _, after in steps] == [("a", 0), ("b", 5000), ("c", 10000), ("d", 15000)]


@given(st.integers(0, 200), st.lists(st.integers(0, 50), min_size=1, max_size=6), st.floats(0, 600))
def test_each_moves_once_in_time_and_nobody_is_fuller_than_he_need_be(
    count: int, loads: list[int], seconds: float
) -> None:
    targets = [Target(f"n{i}:1", load) for i, load in enumerate(loads)]
    steps = plan(range(count), targets, seconds)
    came = Counter(where for _, where, _ in steps)
    after = {target.where: target.load + came[target.where] for target in targets}

    assert [client for client, _, _ in steps] == list(range(count))
    assert all(earlier <= later for (_, _, earlier), (_, _, later) in pairwise(steps))
    assert all(0 <= wait <= seconds * 1000 for _, _, wait in steps)
    filled = [after[where] for where in came]
    assert not filled or max(filled) - min(after.values()) <= 1


def test_nobody_is_sent_to_one_who_leaves_who_is_gone_or_to_ourselves() -> None:
    rows = [row("n1"), row("n2", "draining"), row("n3", alive=False), row("n4")]
    assert [info.node for info in candidates(rows, "n1")] == ["n4"]


def test_few_clients_need_not_wait_and_an_order_counts_more() -> None:
    assert pace(None, 10, SETTINGS) == 10 / GENTLE
    assert pace(None, 10_000, SETTINGS) < SETTINGS.drain
    assert pace(Order("o", None, force=False), 10_000, SETTINGS) == LONGEST
    assert pace(Order("o", 60.0, force=False), 1, SETTINGS) == 60.0
