"""R3, R5 at random: plans of what people, an operator and Redis do (people_world.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from cluster import asking, recovery
from tests.contract.heal_world import Data, Step
from tests.contract.people_host import Tickets
from tests.contract.people_world import NICKS, PeopleWorld
from tests.contract.space import Backend

WHO, WHICH, NICK = st.integers(0, 3), st.integers(0, 2), st.integers(0, len(NICKS) - 1)
ROOM, TO = st.integers(0, 1), st.one_of(st.none(), st.integers(0, 2))
SUBSETS = st.permutations([0, 1, 2])


def step(name: str, *more: st.SearchStrategy[object]) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), *more)


PEOPLE = [
    step("claim", WHICH, NICK), step("claim", WHICH, NICK), step("rename", WHO, NICK), step("rename", WHO, NICK),
    step("join", WHO, ROOM), step("leave", WHO, ROOM), step("gone", WHO, st.booleans()), step("away", WHO),
    step("resume", WHO, WHICH), step("quit", WHO), step("expire", WHO),
    step("twice", st.sampled_from(["rename", "join", "leave"]), WHO, NICK),
    step("kick", NICK), step("ban", NICK), step("announce", st.integers(1, 2), TO, st.booleans()),
    step("announce_in", ROOM, TO, st.booleans()), step("keep"), step("keep"),
    step("over", st.sampled_from(["rename", "rename", "join", "leave"]), WHO, NICK, TO),
    step("lives", TO, SUBSETS), step("lives", TO, SUBSETS),
]  # fmt: skip
HARD = [
    *PEOPLE, step("die", WHICH), step("lives", TO, st.sampled_from([(0,), (1,), (2, 1)])), step("late", WHICH),
    step("late", WHICH), step("late", WHICH),
]  # fmt: skip


LETTERS: list[Step] = [("claim", 1, 3), ("keep",), ("kick", 2), ("claim", 2, 2), ("lives", 2, [1, 2, 0])]
"""In other letters than a former holder."""
ASKED_AGAIN: list[Step] = [("claim", 0, 0), ("announce_in", 0, None, True)]
IN_VAIN: list[Step] = [
    ("claim", 2, 3), ("claim", 0, 0), ("keep",), ("twice", "rename", 0, 4), ("kick", 1), ("over", "rename", 1, 1, 0),
]  # fmt: skip
"""Renamed to a name whose holder is brought back, after a renaming that was answered."""
DESERTED: list[Step] = [
    ("claim", 2, 0), ("join", 0, 1), ("leave", 0, 1), ("lives", None, [2, 0, 1]),
]  # fmt: skip


@pytest.fixture
def data(real_backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Data]:
    """A real server: a plan is hundreds of scripts, and rewinds need DUMP and RESTORE."""
    found = Data(real_backend)
    monkeypatch.setattr(recovery, "new_nonce", found.new_nonce)
    yield found
    found.raw.close()


@pytest.fixture
def tickets(monkeypatch: pytest.MonkeyPatch) -> Tickets:
    found = Tickets()
    monkeypatch.setattr(asking, "new_ticket", found)
    return found


BOUNDED = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def live(data: Data, tickets: Tickets, plan: list[Step]) -> None:
    data.reset(leaps=False)
    tickets.again = ""
    world = PeopleWorld(data, tickets)
    try:
        world.run(plan)
    finally:
        world.close()


@BOUNDED
@given(plan=st.lists(st.one_of(PEOPLE), min_size=3, max_size=14))
@example(plan=LETTERS)
@example(plan=ASKED_AGAIN)
@example(plan=IN_VAIN)
@example(plan=DESERTED)
def test_all_that_was_answered_holds(data: Data, tickets: Tickets, plan: list[Step]) -> None:
    """Every node comes in time, and somebody remembers all that was said."""
    live(data, tickets, plan)


@BOUNDED
@given(plan=st.lists(st.one_of(HARD), min_size=3, max_size=14))
def test_the_data_agree_with_themselves(data: Data, tickets: Tickets, plan: list[Step]) -> None:
    """Nodes come late, or die with what they know."""
    live(data, tickets, plan)
