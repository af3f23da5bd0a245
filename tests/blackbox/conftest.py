"""Clusters of real processes, and their logs for tests that fail."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment

Deploy = Callable[..., Deployment]
FAILED = pytest.StashKey[bool]()
UNTIL = float(os.environ.get("HYDRACHAT_TEST_UNTIL") or math.inf)
"""When the suite must be over, in seconds of `time.time`; CI says so."""
A_DRILL = 100.0
"""Seconds that one takes at most on a slow machine."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Lets the fixtures know that their test failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(autouse=True)
def in_time(request: pytest.FixtureRequest) -> None:
    """A drill that would be cut off in the middle is not begun: all that was found before it would be lost."""
    if request.node.get_closest_marker("drill") and time.time() + A_DRILL > UNTIL:
        pytest.skip("NOT RUN on this slow machine: no time was left for this drill. make test-drill runs it.")


@pytest.fixture
def deploy(request: pytest.FixtureRequest, redis_server: str, tmp_path: Path) -> Iterator[Deploy]:
    """Starts a cluster of this test's own; takes what `Deployment` takes beside program and folder.
    With `start=False` nothing runs yet."""
    with ExitStack() as stack:
        yield lambda start=True, **settings: _deploy(stack, request, redis_server, tmp_path, start, **settings)


def _deploy(
    stack: ExitStack, request: pytest.FixtureRequest, program: str, folder: Path, start: bool, **settings: Any
) -> Deployment:
    deployment = Deployment(program, folder, **settings)
    stack.callback(deployment.discard)
    stack.callback(_tell, request.node, deployment)
    return deployment.__enter__() if start else deployment


@pytest.fixture(scope="module")
def calm(
    request: pytest.FixtureRequest, redis_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Nodes that a file's tests share: for tests that break nothing. A file may set `CALM`: other settings."""
    settings: dict[str, Any] = {"lease": 2.0, "grace": 2.0, **getattr(request.module, "CALM", {})}
    with Deployment(redis_server, tmp_path_factory.mktemp("calm"), **settings) as deployment:
        yield deployment


@pytest.fixture(autouse=True)
def calm_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shows the shared cluster's log when a test that uses it fails."""
    yield
    if "calm" in request.fixturenames:
        _tell(request.node, request.getfixturevalue("calm"))


def _tell(item: pytest.Item, deployment: Deployment) -> None:
    if item.stash.get(FAILED, False):
        print(deployment.report())
