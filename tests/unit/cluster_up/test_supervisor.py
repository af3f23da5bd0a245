"""Children are kept running, die with us, and stop in order. The children are small Python scripts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.up import child, supervisor
from cluster.up.plan import Spec
from cluster.up.slot import Death, in_words
from cluster.up.supervisor import Supervisor
from tests.support.waiting import wait_until

# Not one long sleep: a signal that comes just before it would be heeded after it.
POLITE = """import signal, sys, time
signal.signal(15, lambda *_: sys.exit(0))
print('up', flush=True)
while True: time.sleep(0.05)"""
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
ROOT = Path(__file__).resolve().parents[3]


def script(name: str, code: str, group: int = 0, within: float = 30.0) -> Spec:
    return Spec(name, (sys.executable, "-I", "-S", "-c", code), group, within)


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class House:
    """A supervisor that notes what it is told."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[tuple[str, bytes]] = []
        self.deaths: list[Death] = []
        self.missed = 0
        self.supervisor = Supervisor(folder, self.hear, self.deaths.append, self.miss)

    def hear(self, spec: Spec, line: bytes) -> None:
        self.lines.append((spec.name, line))

    def miss(self, count: int) -> None:
        self.missed += count

    def start(self, *specs: Spec) -> None:
        for spec in specs:
            self.supervisor.start(spec)
        names = {spec.name for spec in specs}
        self.pump(lambda: names <= {name for name, line in self.lines if line == b"up\n"})

    def pump(self, until: object) -> None:
        import time

        assert callable(until)
        assert self.supervisor.pump(until, time.monotonic() + 15), (self.lines, self.deaths)

    def pid(self, name: str) -> int:
        running = self.supervisor.slots[name].child
        assert running is not None
        return running.pid


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(supervisor, "ECHO", 0.0)
    house = House(tmp_path / "log")
    yield house
    house.supervisor.request_stop()
    house.supervisor.request_stop()
    house.supervisor.stop()


def test_what_a_child_says_is_heard_and_kept(house: House, tmp_path: Path) -> None:
    house.start(script("a", POLITE))
    assert (tmp_path / "log" / "a.log").read_bytes() == b"up\n"


def test_a_killed_child_is_said_and_started_again(house: House) -> None:
    house.start(script("a", POLITE))
    first = house.pid("a")
    os.kill(first, signal.SIGKILL)
    house.pump(lambda: house.deaths)
    assert (house.deaths[0].reason, house.deaths[0].wait) == ("signal 9, SIGKILL", 0.5)
    house.pump(lambda: house.lines.count(("a", b"up\n")) == 2)
    assert house.pid("a") != first


def test_who_leaves_by_order_stays_down_until_he_is_recalled(house: House) -> None:
    node = Spec("n", (sys.executable, "-I", "-S", "-c", POLITE), 0, 5.0, may_leave=True)
    house.start(node, script("other", POLITE))
    first = house.pid("other")
    os.kill(house.pid("n"), signal.SIGTERM)
    os.kill(first, signal.SIGTERM)  # who may not leave is started again, whatever he says
    house.pump(lambda: house.lines.count(("other", b"up\n")) == 2 and len(house.deaths) == 2)
    assert {death.spec.name: death.wait for death in house.deaths} == {"n": None, "other": 0.5}
    assert not house.supervisor.runs("n")
    second = house.pid("other")
    house.supervisor.recall()
    house.pump(lambda: house.lines.count(("n", b"up\n")) == 2)
    assert house.pid("other") == second


def test_who_is_recalled_while_he_leaves_is_started_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RECALLED", 3600.0)
    house.start(Spec("n", (sys.executable, "-I", "-S", "-c", POLITE), 0, 5.0, may_leave=True))
    house.supervisor.recall()
    os.kill(house.pid("n"), signal.SIGTERM)
    house.pump(lambda: house.lines.count(("n", b"up\n")) == 2)
    assert [death.wait for death in house.deaths] == [0.0]


def test_who_rests_is_not_started_sooner(house: House) -> None:
    house.start(replace(script("a", POLITE), rest=3600.0))
    os.kill(house.pid("a"), signal.SIGKILL)
    house.pump(lambda: house.deaths)
    assert house.deaths[0].wait == 3600.0
    assert not house.supervisor.runs("a")


def test_a_child_that_keeps_dying_is_started_ever_later(house: House) -> None:
    house.supervisor.start(script("a", "print('no such setting'); raise SystemExit(2)"))
    house.pump(lambda: len(house.deaths) == 2)
    assert [death.wait for death in house.deaths] == [0.5, 1.0]
    assert house.deaths[0].reason == "exit code 2"
    assert house.deaths[0].last_words == (b"no such setting\n",)


def test_groups_stop_in_order(house: House, tmp_path: Path) -> None:
    note = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def stop(*_):\n    open({note!r}, 'a').write({name!r}); sys.exit(0)\n"
        "signal.signal(15, stop); print('up', flush=True); time.sleep(60)"
    )
    groups = {"redis": 2, "n1": 0, "balancer": 1}
    house.start(*(script(n, code.format(note=str(note), name=n + " "), g) for n, g in groups.items()))
    assert house.supervisor.stop() == []
    assert note.read_text() == "n1 balancer redis "
    assert house.deaths == []


def test_who_does_not_stop_in_time_is_killed_and_named(house: House) -> None:
    house.start(script("a", STUBBORN, within=0.2), script("b", POLITE))
    pid = house.pid("a")
    assert house.supervisor.stop() == ["a"]
    assert not alive(pid)


def test_a_second_request_kills_at_once(house: House) -> None:
    house.start(script("a", STUBBORN, within=60), script("b", STUBBORN, group=1, within=60))
    house.supervisor.request_stop()
    house.supervisor.request_stop()
    assert house.supervisor.stop() == ["a", "b"]


def test_an_echo_of_the_first_request_is_no_second_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "ECHO", 60.0)
    house.start(script("a", POLITE))
    house.supervisor.request_stop()
    house.supervisor.request_stop()
    assert house.supervisor.stop() == []


def test_stopping_twice_is_stopping_once(house: House) -> None:
    house.start(script("a", POLITE))
    house.supervisor.stop()
    assert house.supervisor.stop() == []
    assert house.supervisor.slots["a"].child is None


def test_a_stopped_child_is_not_started_again(house: House) -> None:
    house.start(script("b", STUBBORN, within=0.8))  # stopping takes longer than a's back-off
    house.supervisor.start(script("a", "print('born', flush=True); raise SystemExit(1)"))
    house.pump(lambda: house.deaths)
    house.supervisor.stop()
    assert house.lines.count(("a", b"born\n")) == 1


def test_a_stop_request_ends_the_wait(house: House) -> None:
    house.supervisor.request_stop()
    assert house.supervisor.pump(lambda: False) is False


def test_lines_beyond_the_bound_are_counted_and_never_block_the_child(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MOST_WAITING", 5)
    code = "print('x\\n' * 100_000); print('done', flush=True)"
    house.supervisor.start(script("a", code))
    reader = house.supervisor.slots["a"].child
    assert reader is not None
    reader.join(10)  # nobody pumps: the child must come to its end all the same
    house.pump(lambda: house.missed)
    assert house.missed + len(house.lines) == 100_002
    assert house.deaths


def test_a_program_that_is_not_there_is_said(house: House) -> None:
    house.supervisor.start(Spec("a", ("/no/such/program",), 0))
    house.pump(lambda: house.deaths)
    assert b"/no/such/program" in house.deaths[0].last_words[-1]


def test_a_child_sees_none_of_our_settings(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRACHAT_REDIS", "redis://elsewhere/0")
    house.start(script("a", "import os; print('HYDRACHAT_REDIS' in os.environ, flush=True); " + POLITE))
    assert house.lines[0] == ("a", b"False\n")


def test_only_the_main_thread_may_start_children(house: House) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            house.supervisor.start(script("a", POLITE))
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(10)
    assert caught


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")
def test_children_die_with_us_even_by_sigkill(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from cluster.up.plan import Spec
from cluster.up.supervisor import Supervisor
def hear(spec, line):
    print(supervisor.slots['a'].child.pid, flush=True)
supervisor = Supervisor(Path({str(tmp_path)!r}), hear, print, print)
supervisor.start(Spec('a', (sys.executable, '-c', {STUBBORN!r}), 0))
supervisor.pump(lambda: False)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as ours:
        assert ours.stdout is not None
        pid = int(ours.stdout.readline())
        assert alive(pid)
        ours.kill()
        wait_until(lambda: not alive(pid), what="the child is dead")


def test_the_leash_does_not_run_a_program_for_a_dead_parent() -> None:
    words = [sys.executable, str(child.LEASH), "1", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(words, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (-15, "signal 15, SIGTERM"), (-250, "signal 250")])
def test_how_a_process_ended_in_words(code: int, words: str) -> None:
    assert in_words(code) == words


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_children(house: House) -> None:
    house.start(script("a", POLITE))
    assert os.getpgid(house.pid("a")) == house.pid("a") != os.getpgrp()
