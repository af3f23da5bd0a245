"""Two nodes without limits on rates and connections, and an honest pair that must notice nothing of what a test does.

What the limits stop is theirs to prove; here it is what a node survives without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blackbox.conftest import FAILED, calm_log, deploy, pytest_runtest_makereport
from tests.hostile.footprint import Footprint
from tests.hostile.honest import HonestPair
from tests.support.counted import counted
from tests.support.deployment import Deployment

__all__ = ["calm_log", "deploy", "pytest_runtest_makereport"]

WITHOUT_LIMITS = [
    *("--max-connections-per-address", "0"),
    *("--max-pending", "20000"),
    *("--message-rate", "0"),
    *("--join-rate", "0"),
    *("--address-message-rate", "0"),
    *("--address-join-rate", "0"),
    *("--outbox-bytes", str(256 * 1024)),  # the least: who doesn't read is found sooner
]


@pytest.fixture(scope="session")
def town(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The nodes; n1 is the one to attack. All tests of a worker share them: who hurts them, hurts all."""
    with _town(redis_server, tmp_path_factory.mktemp("town"), WITHOUT_LIMITS) as town:
        yield town


@pytest.fixture(scope="session")
def guarded(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The same with the limits that nodes have by default."""
    with _town(redis_server, tmp_path_factory.mktemp("guarded"), counted()) as town:
        yield town


def _town(program: str, folder: Path, flags: list[str]) -> Deployment:
    # Longer than usual: thousands of connections in one moment have kept a node of a busy machine from its heartbeat.
    town = Deployment(program, folder, lease=20.0, grace=1.0)
    town.nodes = [town.make_node(f"n{number}", flags=flags) for number in (1, 2)]
    return town


@pytest.fixture
def undisturbed(request: pytest.FixtureRequest, town: Deployment) -> Iterator[HonestPair]:
    """Two people at n1 and n2 talk all the while: complete, in order, without an error; and when the test is over n1
    and Redis hold what they held before."""
    yield from _beside(request, town)


@pytest.fixture
def unhurt(request: pytest.FixtureRequest, guarded: Deployment) -> Iterator[HonestPair]:
    """The same at the nodes with limits."""
    yield from _beside(request, guarded)


def _beside(request: pytest.FixtureRequest, town: Deployment) -> Iterator[HonestPair]:
    before = Footprint.of(town)
    pair = HonestPair(town)
    with pair:
        yield pair
    try:
        pair.check()
        before.wait_for_return(town)
    finally:
        if request.node.stash.get(FAILED, False):
            print(town.report())
