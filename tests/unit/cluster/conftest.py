"""What the tests of the pipes share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.cluster.scene import Scene


@pytest.fixture
def scenes() -> Iterator[list[Scene]]:
    made: list[Scene] = []
    yield made
    for scene in made:
        scene.stop()
