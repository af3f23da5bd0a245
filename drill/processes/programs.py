"""Where the programs are that a drill needs and the project does not contain."""

from __future__ import annotations

import subprocess
import sys


class CannotRun(Exception):
    """The drill can't be run on this machine; the text says what is missing."""


def redis_server() -> str:
    """Path of redis-server or valkey-server, by the rule of `hydrachat up`. Raises CannotRun."""
    return _asked("redis-server", "install the Debian package redis-server (or the extra `server` of this package)")


def haproxy() -> str:
    """Path of haproxy. Raises CannotRun."""
    return _asked("haproxy", "install the Debian package haproxy")


def output_of(*words: str) -> str:
    """What `python -m WORDS` prints. Raises CannotRun with its complaint."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise CannotRun(f"python -m {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _asked(program: str, mend: str) -> str:
    found = output_of("cluster.up.programs", program).strip()
    if not found:
        raise CannotRun(f"{program} is missing: {mend}")
    return found
