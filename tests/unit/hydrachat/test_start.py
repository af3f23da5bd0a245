"""Ctrl-C before anything has begun."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

HOOK = """
import os, signal, sys
class Hook:
    def find_spec(self, name, *_):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Hook())
"""


def interrupted_at(name: str, program: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a program that gets a SIGINT when it imports that."""
    argv = [sys.executable, "-c", HOOK.format(name=name) + program]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=60, check=False, preexec_fn=_heeds_interrupts
    )  # fmt: skip


def _heeds_interrupts() -> None:
    """Whatever started the tests."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("name", ["click", "hydrachat.cli", "client.command", "client.failover", "wire.client_frames"])
def test_while_it_is_imported_it_is_the_end_without_a_word(name: str) -> None:
    program = "from hydrachat.start import main; sys.argv[1:] = ['join', 'x', '--server', '127.0.0.1:1']; main()"
    done = interrupted_at(name, program)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_who_has_seen_to_it_otherwise_is_heeded() -> None:
    program = "signal.signal(2, signal.SIG_IGN); from hydrachat.start import main; sys.argv[1:] = ['--version']; main()"
    done = interrupted_at("click", program)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_frames_are_made_whole_before_a_library_user_is_interrupted() -> None:
    """Swallowed in the middle it left classes that ended the process when they were used."""
    program = "\ntry: import wire\nexcept KeyboardInterrupt: print('later', sys.modules['wire.codec'].MAX_FRAME)"
    done = interrupted_at("wire.client_frames", program)
    assert (done.returncode, done.stdout) == (0, "later 65536\n")
