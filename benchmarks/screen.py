"""How long a person waits for the full-screen client: from a key to what it puts on the screen.

A real Redis, one node, `hydrachat join` on a terminal of 120 columns and 40 rows. The same key is typed again and
again: in a room where nobody speaks; while a hundred messages a second come in; with ten thousand messages held; and a
page up among those. The first row is the measure for the others, so the ratios mean something on a busy machine, too.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.figures import Spread, spread
from benchmarks.server import own_redis
from benchmarks.startup import GIVEN_UP, HYDRACHAT, STEP, ready, until
from client import ChatClient
from drill.processes.ports import HOST, free_port
from drill.processes.process import environment, leash

SIZE = struct.pack("HHHH", 40, 120, 0, 0)
HELD, RATE = 10_000, 100
QUIET = 0.15
"""Seconds without output after which the screen stands."""
BETWEEN = 0.05
PAGE_UP, NEWEST, RUB_OUT = b"\x1b[5~", b"\x1b[1;5F", b"\x7f"


class Screen:
    """A client on a terminal of its own. One thread."""

    def __init__(self, address: str) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.execvpe(sys.executable, [*HYDRACHAT, "join", "ann", "--server", address], _environment())
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, SIZE)

    def read(self, seconds: float) -> bytes:
        """What is painted next; nothing, if nothing is within so many seconds."""
        return os.read(self.terminal, 1 << 16) if select.select([self.terminal], [], [], seconds)[0] else b""

    def settle(self) -> None:
        """Reads until nothing comes any more."""
        while self.read(QUIET):
            pass

    def until(self, sign: bytes) -> None:
        seen = bytearray()
        deadline = time.monotonic() + GIVEN_UP
        while not seen or sign not in seen:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {GIVEN_UP:g} s: {sign!r} on the screen")
            seen += self.read(1.0)

    def press(self, keys: bytes, sign: bytes) -> float:
        """Seconds until `sign` is painted, or anything where it is empty."""
        began = time.monotonic()
        os.write(self.terminal, keys)
        self.until(sign)
        return time.monotonic() - began

    def close(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        try:
            while os.read(self.terminal, 1 << 16):
                pass
        except OSError:
            os.close(self.terminal)  # Linux says so when the last one at the other side is gone
        os.waitpid(self.pid, 0)


def _environment() -> dict[str, str]:
    return environment() | {"TERM": "xterm-256color", "HYDRACHAT_CONFIG": os.devnull}


def keys(screen: Screen, runs: int) -> Spread:
    """A sign that nobody else says, and away with it again."""
    times = []
    for _ in range(runs):
        times.append(screen.press("¤".encode(), "¤".encode()))
        os.write(screen.terminal, RUB_OUT)
        pause = time.monotonic() + BETWEEN
        while time.monotonic() < pause:
            screen.read(BETWEEN)
    return spread(times)


def pages(screen: Screen, runs: int) -> Spread:
    times = []
    for _ in range(runs):
        times.append(screen.press(PAGE_UP, b""))
        screen.settle()
    os.write(screen.terminal, NEWEST)
    screen.settle()
    return spread(times)


@contextmanager
def talking(chat: ChatClient) -> Iterator[None]:
    """Meanwhile so many messages a second are said."""
    over = threading.Event()

    def talk() -> None:
        began, said = time.monotonic(), 0
        while not over.wait(max(0.0, began + said / RATE - time.monotonic())):
            chat.say(f"message {said} of a lively room")
            said += 1

    talker = threading.Thread(target=talk, name="talker")
    talker.start()
    try:
        yield
    finally:
        over.set()
        talker.join()


def rows(screen: Screen, chat: ChatClient, runs: int) -> Iterator[tuple[str, Spread]]:
    screen.settle()
    yield "a key, nobody speaks", keys(screen, runs)
    with talking(chat):
        yield f"a key, {RATE} messages a second", keys(screen, runs)
    filler = threading.Thread(target=_fill, args=(chat,), name="filler")
    filler.start()
    while filler.is_alive():
        screen.read(BETWEEN)
    screen.settle()
    yield f"a key, {HELD:,} messages held", keys(screen, runs)
    yield "a page up among them", pages(screen, runs)


def _fill(chat: ChatClient) -> None:
    for n in range(HELD):
        chat.say(f"message {n}")
    chat.flush(GIVEN_UP)


def report(found: Iterator[tuple[str, Spread]]) -> None:
    base = 0.0
    for name, times in found:
        base = base or times.p50
        print(f"{name:31} {times}  {times.p50 / base:4.1f} times the first", flush=True)


@contextmanager
def node(redis_url: str) -> Iterator[str]:
    """Its address. Without limits: one speaker stands for a room."""
    listen, http = free_port(), free_port()
    words = ["--id", "n1", "--listen", f"{HOST}:{listen}", "--http", f"{HOST}:{http}", "--redis", redis_url]
    process = subprocess.Popen(
        [*leash(), *HYDRACHAT, "node", *words, "--message-rate", "0", "--address-message-rate", "0"],
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    try:
        until(lambda: ready(http), STEP, "the node serves")
        yield f"{HOST}:{listen}"
    finally:
        process.terminate()
        process.wait(GIVEN_UP)


def measure(redis_url: str, runs: int, told: Callable[[Iterator[tuple[str, Spread]]], None] = report) -> None:
    with node(redis_url) as address, ChatClient(servers=[address], nick="bob", on_event=lambda event: None) as chat:
        screen = Screen(address)
        try:
            screen.until(b"#lobby>")
            told(rows(screen, chat, runs))
        finally:
            screen.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    with own_redis() as (url, _):
        measure(url, options.runs)


if __name__ == "__main__":
    main()
