"""How long a node takes until it serves, and `hydrachat join` until it shows a prompt.

A real Redis. In each round, one after the other: a bare interpreter that does nothing; a node, from its exec until
/readyz answers 200; a client on a terminal at that node, from its exec until the prompt is there. A first round,
which is not counted, leaves behind what a second start finds: compiled modules, in a folder of our own, and scripts in
Redis.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection

from benchmarks.figures import spread
from benchmarks.server import own_redis
from drill.processes.ports import HOST, free_port
from drill.processes.process import environment

HYDRACHAT = (sys.executable, "-m", "hydrachat")
PROMPT = b"#lobby>"
GIVEN_UP = 30.0
STEP = 0.002
"""Seconds between two questions to a node, and so how exact its figure is."""
NAMES = ("python -c pass", "hydrachat node", "hydrachat join")


def compiled_into(folder: str) -> dict[str, str]:
    """The environment of who keeps compiled modules, whatever ours says of that."""
    kept = {name: value for name, value in environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": folder, "TERM": "xterm-256color"}


def bare(env: Mapping[str, str]) -> float:
    """Seconds that an interpreter takes to come and go."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True, env=env)
    return time.monotonic() - began


def one_round(redis_url: str, env: Mapping[str, str]) -> tuple[float, float, float]:
    """Seconds, of each of NAMES."""
    interpreter = bare(env)
    listen, http = free_port(), free_port()
    words = ["--id", "n1", "--listen", f"{HOST}:{listen}", "--http", f"{HOST}:{http}", "--redis", redis_url]
    began = time.monotonic()
    node = subprocess.Popen([*HYDRACHAT, "node", *words], stderr=subprocess.DEVNULL, env=env)
    try:
        until(lambda: ready(http), STEP, "the node serves")
        served = time.monotonic() - began
        return interpreter, served, join([*HYDRACHAT, "join", "ann", "--server", f"{HOST}:{listen}"], env)
    finally:
        node.terminate()
        node.wait(GIVEN_UP)


def ready(port: int) -> bool:
    with closing(HTTPConnection(HOST, port, timeout=1.0)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def join(words: list[str], env: Mapping[str, str]) -> float:
    """Seconds until the client shows its prompt on a terminal of its own."""
    began = time.monotonic()
    pid, terminal = pty.fork()
    if not pid:
        os.execvpe(words[0], words, env)
    seen = bytearray()

    def prompted() -> bool:
        if select.select([terminal], [], [], 1.0)[0]:
            seen.extend(os.read(terminal, 65536))
        return PROMPT in seen

    try:
        until(prompted, 0.0, "the client shows a prompt")
        return time.monotonic() - began
    finally:
        os.kill(pid, signal.SIGTERM)
        _read_to_the_end(terminal)
        os.waitpid(pid, 0)


def _read_to_the_end(terminal: int) -> None:
    # A client whose terminal nobody reads would not end.
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        os.close(terminal)  # Linux says so when the last one at the other side is gone


def until(probe: Callable[[], bool], step: float, what: str) -> None:
    deadline = time.monotonic() + GIVEN_UP
    while not probe():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {GIVEN_UP:g} s: {what}")
        time.sleep(step)


def report(rounds: Sequence[tuple[float, float, float]]) -> None:
    bases, *others = (spread(times) for times in zip(*rounds, strict=True))
    for name, found in zip(NAMES, (bases, *others), strict=True):
        print(f"{name:15} {found}  {found.p50 / bases.p50:5.1f} times the bare interpreter")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with own_redis() as (url, folder):
        env = compiled_into(str(folder))
        report([one_round(url, env) for _ in range(options.runs + 1)][1:])


if __name__ == "__main__":
    main()
