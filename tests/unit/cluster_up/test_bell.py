"""Other commands find a running `up`, never a dead one's number."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.up import bell
from cluster.up.plan import Plan


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def rung() -> Iterator[list[int]]:
    """The signals that came."""
    came: list[int] = []
    before = signal.signal(bell.RING, lambda number, _: came.append(number))
    yield came
    signal.signal(bell.RING, before)


def test_it_is_found_and_rung_for_while_it_runs(tmp_path: Path, rung: list[int]) -> None:
    assert bell.find(8000) is None
    with bell.hung(Plan(8000, 3, tmp_path / "d")):
        up = bell.find(8000)
        assert up is not None
        assert (up.pid, up.names) == (os.getpid(), ["n1", "n2", "n3"])
        assert bell.find(8001) is None
        assert up.ring()
        assert rung == [bell.RING]
    assert bell.find(8000) is None
    assert not up.ring()
    assert rung == [bell.RING]


def test_a_number_that_was_left_behind_is_nobody(rung: list[int]) -> None:
    bell.place(8000).parent.mkdir(parents=True)
    bell.place(8000).write_text(f"{os.getpid()} 3\n")
    assert bell.find(8000) is None
    assert not bell.Running(8000, os.getpid(), 3).ring()
    assert not rung
