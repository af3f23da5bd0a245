"""What a kind of server has to bring to be measured: what its clients say, and how two of it are started.

Each message is a line at each receiver, and holds its number after `MARK`; other lines hold none.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from drill.processes.launcher import Launcher
from drill.processes.process import Process
from drill.processes.programs import CannotRun

MARK = b"^"
"""In front of a message's number, and nowhere else. One byte: such are counted three times as fast as pairs."""
DIGITS = 8
NUMBER = re.compile(rb"\^(\d{8})")
ROOM = "bench"
ROOM_SIZE = 3
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin")
Address = tuple[str, int]


class Dialect(Protocol):
    """Of one connection, number so and so of a run; pure. `enter`: said when it stands. `entered`: whether what came
    so far, `seen`, says that it is in the room; `turned_away`: that it is to connect again later. `next`: what has to
    be said to come in. `answer`: what has to be said to what came, if `asks` is in it (b'': never). `keep_alive`: said
    every two seconds, the same each time; b'': nothing. `quiet`: by who hears something only every so many times.
    `say`: a message, as it goes out; `counts`: what stands before
    the sender's own count in it (b'': it has none)."""

    asks: bytes
    counts: bytes
    quiet: int

    def enter(self) -> bytes: ...
    def entered(self, seen: bytes) -> bool: ...
    def turned_away(self, seen: bytes) -> bool: ...
    def next(self, seen: bytes) -> bytes: ...
    def answer(self, data: bytes) -> bytes: ...
    def keep_alive(self) -> bytes: ...
    def say(self, text: bytes) -> bytes: ...


class Quiet:
    """A dialect's answers where it has nothing to say."""

    asks = counts = b""
    quiet = 1

    def __init__(self, run: int, number: int) -> None:
        self.nick = f"b{run}x{number}"

    def enter(self) -> bytes:
        return b""

    def turned_away(self, seen: bytes) -> bool:
        return False

    def next(self, seen: bytes) -> bytes:
        return b""

    def answer(self, data: bytes) -> bytes:
        return b""

    def keep_alive(self) -> bytes:
        return b""


@dataclass(frozen=True, slots=True)
class Places:
    """Who is in which of `rooms` rooms of three: `connections` take the places in turn, so that the members of each
    room are at different servers."""

    rooms: int
    connections: int

    def of(self, number: int) -> list[str]:
        """The rooms of that connection; it is in none twice where there are three connections at least."""
        return [f"#r{place // ROOM_SIZE}" for place in range(number, ROOM_SIZE * self.rooms, self.connections)]


@dataclass(frozen=True, slots=True)
class Servers:
    """`addresses`: of those that clients go to. `processes`: all whose time and memory count, those with an address
    last. `linked`: what the log of the first of these says when it has found the other. `stood_still`: seconds that
    their store was busy with one thing, at the longest since that was asked last; 0: nothing is known of it."""

    addresses: list[Address]
    processes: list[Process]
    linked: str = ""
    stood_still: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """`servers`: two of them in a folder, not started yet; raises CannotRun, OSError. `in_rooms`: the dialect of one
    that is in rooms of its own and nowhere else; None: what needs such, or a client that makes trouble, is not measured
    of this kind."""

    dialect: Callable[[int, int], Dialect]
    servers: Callable[[Path, Launcher], Servers]
    in_rooms: Callable[[Places, int, int], Dialect] | None = None


def program(name: str, hint: str = "") -> str:
    """Its path. Raises CannotRun."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS]))
    if not found:
        raise CannotRun(f"{name} is missing: {hint or f'install the Debian package {name}'}")
    return found


def process(
    name: str, argv: list[str], folder: Path, launcher: Launcher, env: Mapping[str, str] | None = None
) -> Process:
    words = [program("env"), *(f"{key}={value}" for key, value in env.items()), *argv] if env else argv
    return Process(name, words, folder / name, launcher)


def written(folder: Path, name: str, text: str) -> str:
    """The path of a file that a server may read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    (folder / name).chmod(0o644)
    return str(folder / name)
