"""What keeps the promises is judged so, whatever happens in it; and one slip is enough."""

from __future__ import annotations

from hypothesis import assume, given, settings, strategies as st

from drill.checker import check, violations
from drill.history import Happening, Kind
from tests.unit.drill.simulated import Chat
from tests.unit.drill.story import rules

SEEDS = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_a_correct_run_passes(seed: int) -> None:
    assert violations(Chat(seed).made) == []


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.data())
def test_one_message_less_is_lost(seed: int, data: st.DataObject) -> None:
    made = Chat(seed).made
    left = {h.client for h in made if h.kind is Kind.LEAVING}
    accepted = {h.text: h.to for h in made if h.kind is Kind.ACCEPTED}
    owed = [h for h in made if h.kind is Kind.RECEIVED and h.text in accepted and h.client not in left]
    # Direct messages are owed on account of the first room alone.
    owed = [h for h in owed if _was_in(made, h)]
    assume(owed)
    victim = data.draw(st.sampled_from(owed))

    assert rules([h for h in made if h is not victim]) == {"lost"}


def _was_in(made: list[Happening], received: Happening) -> bool:
    said = next(h.at for h in made if h.kind is Kind.SENT and h.text == received.text)
    entered = [h.at for h in made if h.kind is Kind.ENTERED and h.client == received.client and h.at < said]
    if received.to == "@":
        rooms = {h.to for h in made if h.kind is Kind.ENTERED and h.client == received.client}
        first = "#lobby" if "#lobby" in rooms else "#ops"
        entered = [h.at for h in made if h.kind is Kind.ENTERED and (h.client, h.to) == (received.client, first)]
    return any(at < said for at in entered)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.data())
def test_one_message_twice_is_doubled(seed: int, data: st.DataObject) -> None:
    made = Chat(seed).made
    shown = [h for h in made if h.kind is Kind.RECEIVED]
    assume(shown)

    assert "doubled" in rules([*made, data.draw(st.sampled_from(shown))])


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_two_clients_who_disagree_are_found(seed: int) -> None:
    made = Chat(seed).made
    seen: dict[str, list[int]] = {}
    for i, h in enumerate(made):
        if h.kind is Kind.RECEIVED and h.to == "#lobby":
            seen.setdefault(h.client, []).append(i)
    texts = {client: [made[i].text for i in places] for client, places in seen.items()}
    pairs = [
        (one, i)
        for one, mine in texts.items()
        for i in range(len(mine) - 1)
        if any(mine[i] in other and mine[i + 1] in other for name, other in texts.items() if name != one)
    ]
    assume(pairs)
    client, i = pairs[0]
    first, second = seen[client][i : i + 2]
    made[first], made[second] = made[second], made[first]

    assert check(made).totals["disordered"] >= 1
