"""What every test gets.

A thread that crashes fails the test that ran it: pytest turns it into a warning, and warnings are
errors here (see pyproject.toml). tests/unit/test_support.py proves it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import settings

from tests.support import redis_process
from tests.support.programs import required
from tests.support.threads import leaked

# A loaded machine is slow, not wrong; pytest-timeout bounds each test.
settings.register_profile("hydrachat", deadline=None)
settings.load_profile("hydrachat")

# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class TooLong(BaseException):
    """The time of a test is over. Hypothesis takes pytest's own word for it for a failure like any other: it then looks
    for a simpler one for five minutes, and there is no second timeout."""


@pytest.hookimpl(wrapper=True)
def pytest_timeout_set_timer() -> Generator[None, object, object]:
    """pytest-timeout's: what it raises is to end the test, whoever catches failures."""
    result = yield
    tell = signal.getsignal(signal.SIGALRM)

    def over(number: int, frame: FrameType | None) -> None:
        assert callable(tell)
        try:
            tell(number, frame)
        except pytest.fail.Exception as error:
            raise TooLong(str(error)) from None

    if callable(tell):
        signal.signal(signal.SIGALRM, over)
    return result


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fails a test whose threads still run after it and after its fixtures' clean-up."""
    before = set(threading.enumerate())
    yield
    names = leaked(before)
    if names:
        pytest.fail(f"threads left running: {', '.join(names)}")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings, HYDRACHAT_ variables or a file, must not reach a test."""
    for name in [name for name in os.environ if name.startswith("HYDRACHAT_")]:
        if name != "HYDRACHAT_TEST_REQUIRE":
            monkeypatch.delenv(name)
    # Nothing is there; a developer's settings file is where it would be looked for.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path(__file__).parent / "no-settings"))


@pytest.fixture(scope="session")
def redis_server() -> str:
    """Path of a real redis-server."""
    return required("redis-server")


@pytest.fixture(scope="session")
def haproxy() -> str:
    """Path of a real haproxy."""
    return required("haproxy")


@pytest.fixture
def redis_url(redis_server: str, tmp_path: Path) -> Iterator[str]:
    """URL of an empty real Redis that belongs to this test."""
    with redis_process.running(redis_server, tmp_path / "redis") as url:
        yield url
