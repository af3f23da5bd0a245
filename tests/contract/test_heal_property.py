"""R5 at random: plans of what happens to a room through several lives of the data (heal_world.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from cluster import recovery
from tests.contract.heal_world import Data, Step, World
from tests.contract.space import Backend

WHICH = st.integers(0, 2)
SUBSETS = st.sampled_from([(0,), (1,), (2,), (0, 1), (1, 0), (1, 2), (2, 0), (0, 1, 2)])
STEPS = st.one_of(
    st.tuples(st.just("talk"), WHICH, st.integers(1, 3), SUBSETS),
    st.tuples(st.just("talk"), WHICH, st.integers(1, 3), SUBSETS),
    st.tuples(st.just("hear"), WHICH),
    st.tuples(st.just("glance"), WHICH, st.integers(1, 2)),
    st.tuples(st.just("forget"), WHICH, st.integers(0, 3)),
    st.tuples(st.just("read"), st.integers(0, 4), st.sampled_from([1, 2, 5])),
    st.tuples(st.just("late"), WHICH),
    st.tuples(st.just("late"), WHICH),
    st.tuples(st.sampled_from(["beat", "beat", "come", "again"]), WHICH),
    st.tuples(st.just("keep"), st.just(0)),
)
LIFE = st.tuples(
    st.tuples(st.just("life"), st.one_of(st.none(), st.none(), st.integers(0, 3)), SUBSETS),
    st.lists(STEPS, min_size=1, max_size=6),
)
NAMED_ONLY: list[Step] = [
    ("talk", 0, 1, (2,)), ("life", None, (0,)), ("talk", 0, 1, (0,)), ("life", None, (2, 0)),
]  # fmt: skip
"""Who was told of a gap gets what is in it behind what was said later: it is late."""
GAP_IN_FRONT: list[Step] = [
    ("talk", 0, 1, (0,)), ("talk", 0, 1, (2,)), ("life", None, (2, 0)), ("hear", 0), ("forget", 2, 1),
    ("life", None, (2, 0)),
]  # fmt: skip
"""A gap is told long after what stands behind it was said."""
FIRST = st.lists(STEPS, min_size=1, max_size=6)
PLANS = st.builds(
    lambda first, lives: [*first, *(step for life, steps in lives for step in (life, *steps))],
    FIRST,
    st.lists(LIFE, min_size=1, max_size=4),
)


@pytest.fixture
def data(real_backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Data]:
    """A real server: a plan is hundreds of scripts, and rewinds need DUMP and RESTORE."""
    found = Data(real_backend)
    monkeypatch.setattr(recovery, "new_nonce", found.new_nonce)
    yield found
    found.raw.close()


BOUNDED = settings(
    max_examples=80,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def live(data: Data, plan: list[Step], *, leaps: bool) -> None:
    data.reset(leaps)
    world = World(data)
    try:
        world.run(plan)
        world.check()
    finally:
        world.close()


@BOUNDED
@given(plan=PLANS)
@example(plan=NAMED_ONLY)
@example(plan=GAP_IN_FRONT)
def test_nothing_is_skipped_and_there_is_one_order(data: Data, plan: list[Step]) -> None:
    live(data, plan, leaps=False)


@BOUNDED
@given(plan=PLANS)
def test_nothing_is_skipped_where_the_data_leap(data: Data, plan: list[Step]) -> None:
    """To what they were before Redis was emptied, say: a replica comes back."""
    live(data, plan, leaps=True)
