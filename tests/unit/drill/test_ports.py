"""Ports that several processes take at the same time."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drill.processes import ports
from drill.processes.ports import HOST, SLICE, Slice, free_base, free_port, is_free

OFFSETS = (0, 1, 2, 3, 99, 101, 102, 103)
# Takes ports, says which, and keeps its slice until its input ends.
TAKER = """
import sys
from drill.processes.ports import free_port
print(*(free_port() for _ in range(50)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mine() -> Iterator[Slice]:
    slice_ = Slice()
    yield slice_
    slice_.close()


def _taker(stack: ExitStack) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", TAKER]
    return stack.enter_context(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))


def _taken(process: subprocess.Popen[str]) -> set[int]:
    assert process.stdout is not None
    return {int(word) for word in process.stdout.readline().split()}


def test_no_two_processes_get_the_same_port() -> None:
    with ExitStack() as stack:
        takers = [_taker(stack) for _ in range(4)]
        found = [_taken(taker) for taker in takers] + [{free_port() for _ in range(50)}]

        slices = [{(port - ports.LOWEST) // SLICE for port in each} for each in found]
        assert all(len(each) == 50 for each in found)
        assert len(set[int]().union(*slices)) == len(takers) + 1, slices
        for taker in takers:
            assert taker.stdin is not None
            taker.stdin.close()


def test_a_slice_is_free_again_when_its_process_is_killed(monkeypatch: pytest.MonkeyPatch, mine: Slice) -> None:
    with ExitStack() as stack:
        taker = _taker(stack)
        first = ports.LOWEST + (min(_taken(taker)) - ports.LOWEST) // SLICE * SLICE
        monkeypatch.setattr(ports, "_candidates", lambda: [first])
        with pytest.raises(OSError, match="all slices are taken"):
            mine.free_base((0,))
        taker.kill()
        taker.wait(10)

        assert mine.free_base((0,)) in range(first, first + SLICE)


def test_a_port_that_nobody_uses_yet_is_not_given_again(mine: Slice) -> None:
    found: list[int] = []
    for _ in range(3):
        base = mine.free_base(OFFSETS)
        found += [base + offset for offset in OFFSETS]
        found.append(mine.free_base((0,)))
    assert len(set(found)) == len(found)


def test_all_ports_of_a_process_lie_in_its_slice(mine: Slice) -> None:
    first = ports.LOWEST + (mine.free_base((0,)) - ports.LOWEST) // SLICE * SLICE
    for _ in range(2 * SLICE // 100):
        base = mine.free_base(OFFSETS)
        assert first < base
        assert base + max(OFFSETS) < first + SLICE


def test_what_somebody_else_listens_on_is_left_out(mine: Slice) -> None:
    with ExitStack() as stack:
        wanted = mine.free_base((0,)) + 1
        if is_free(wanted):
            stack.enter_context(socket.create_server((HOST, wanted)))
        assert mine.free_base((0,)) != wanted


def test_slices_from_which_outgoing_connections_take_ports_come_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ports, "OUTGOING", tmp_path / "range")
    assert len(ports._candidates()) == (ports.HIGHEST - ports.LOWEST) // SLICE
    (tmp_path / "range").write_text("15000\t61000\n")
    assert max(ports._candidates()[:6]) < 15_000


def test_a_base_has_room_for_all_its_ports() -> None:
    base = free_base(OFFSETS)
    assert all(is_free(base + offset) for offset in OFFSETS)
