"""`hydrachat up --sentinel`: a Redis group of its own, whose master may die."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import redis

from client.chat import ChatClient
from tests.support import up_process
from tests.support.native import NativeClient
from tests.support.ports import free_base, is_listening
from tests.support.waiting import wait_until
from wire.frames import Message

READY = r"Stop: +Ctrl-C"
PATIENCE = 60.0


def master_of(base: int) -> int:
    """The port of the server that a sentinel names."""
    with redis.Redis(port=base + 96, decode_responses=True) as sentinel:
        return int(sentinel.execute_command("SENTINEL", "get-master-addr-by-name", "mymaster")[1])


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_the_master_is_gone_and_nothing_is_lost_not_over_a_restart_either(
    tmp_path: Path, redis_server: str, how: signal.Signals
) -> None:
    base, data = free_base(), tmp_path / "chat data"
    flags = ("--sentinel", "--no-balancer", "--nodes", "2")
    with up_process.running(base, data, *flags) as up:
        up.wait_line(READY)
        shown = "\n".join(up.lines)
        assert all(f"127.0.0.1:{base + port}" in shown for port in (94, 95, 96, 97, 98, 99))
        with ChatClient([f"127.0.0.1:{base + 1}"], "ana", on_event=lambda _: None) as ana:
            assert ana.say("before").wait_accepted(PATIENCE)
            assert master_of(base) == base + 99
            master = up.child("-server", str(base + 99))
            os.kill(master, how)
            after = ana.say("after", timeout=PATIENCE)  # it waits in line
            wait_until(lambda: master_of(base) != base + 99, PATIENCE, "another master")
            assert after.wait_accepted(PATIENCE)
            if how is signal.SIGSTOP:
                os.kill(master, signal.SIGCONT)
        assert up.end() == 0
    assert not any(is_listening(base + port) for port in (1, 2, 94, 95, 96, 97, 98, 99))
    with up_process.running(base, data, *flags) as up:
        up.wait_line(READY)
        with NativeClient(f"127.0.0.1:{base + 2}", "ben") as ben:
            ben.enter()
            for text in ("before", "after"):
                ben.expect(Message, lambda frame, text=text: frame.text == text)  # type: ignore[misc]
        assert up.end() == 0
