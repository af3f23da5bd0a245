"""Buckets that flow together over the nodes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from node.shared import MERGED, SharedBucket, in_portions

NOW = 100.0


@pytest.fixture
def bucket() -> SharedBucket:
    """Ten a second, five at once: a token is 100 ms."""
    return SharedBucket(10.0, 5)


def test_what_is_taken_while_the_others_are_told_counts_on(bucket: SharedBucket) -> None:
    bucket.spend(NOW, 2)
    told, worth = bucket.spent, bucket.to_tell(NOW)
    bucket.spend(NOW)
    bucket.merge(NOW, told, worth + 100)  # another node took one, too
    assert (bucket.spent, bucket.ahead(NOW)) == (1, 400)


def test_what_has_come_back_is_not_told(bucket: SharedBucket) -> None:
    bucket.spend(NOW, 5)
    assert [bucket.to_tell(NOW + later) for later in (0, 0.3, 9)] == pytest.approx([500, 200, 0], abs=1)


def test_nothing_is_told_behind_a_portion_that_failed() -> None:
    told: list[int] = []

    def tell(portion: Sequence[int]) -> bool:
        told.append(len(portion))
        return len(told) < 2

    in_portions(range(3 * MERGED + 1), tell)
    assert told == [MERGED, MERGED]
    told.clear()
    in_portions(range(MERGED + 1), tell)
    assert told == [MERGED, 1]
