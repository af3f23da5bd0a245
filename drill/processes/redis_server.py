"""A Redis server whose data can be harmed while it is dead."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from drill.processes.disk import Disk
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port
from drill.processes.process import Process
from drill.processes.waiting import wait_until

ASK_WITHIN = 5.0
# As `hydrachat up` starts it. What faults change while it runs is said here too, since a rewritten file may have it.
DISK_FLAGS = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
MEMORY_FLAGS = ["--maxmemory", "0", "--maxmemory-policy", "noeviction"]
PUBSUB_LIMIT = "pubsub 33554432 8388608 60"


class RedisProcess(Process):
    """Keeps every write on disk, so that a kill loses nothing that was answered. With a `disk`: on that one."""

    def __init__(
        self,
        program: str,
        name: str,
        folder: Path,
        flags: Sequence[str] = (),
        launcher: Launcher | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.port = free_port()
        self.disk = disk
        self.data = folder / "data"
        self.config = folder / "redis.conf"
        folder.mkdir(parents=True, exist_ok=True)
        self.config.touch()
        place = ["--port", str(self.port), "--bind", HOST, "--dir", str(self.data)]
        limit = ["--client-output-buffer-limit", *PUBSUB_LIMIT.split()]
        self._words = [program, str(self.config), *place, *DISK_FLAGS, *MEMORY_FLAGS, *limit, *flags]
        super().__init__(name, self._words, folder, launcher)

    def add_flags(self, flags: Sequence[str]) -> None:
        """For its next starts."""
        self._words += flags

    @property
    def url(self) -> str:
        """Without a detour."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Returns when it answers. Raises OSError, TimeoutError."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.argv = [*(self.disk.entry(self.data) if self.disk else ()), *self._words]
        super().start()
        wait_until(self.answers, 30.0, f"{self.name} answers")

    def answers(self) -> bool:
        """Whether it answers PING with PONG: not while it loads, and not when its disk is full."""
        with self.client() as client:
            try:
                return bool(client.ping())
            except (redis.RedisError, OSError):
                return False

    def client(self, within: float = ASK_WITHIN) -> redis.Redis:
        """A connection past all detours, which never says a thing twice; use it as a context manager."""
        retry = Retry(NoBackoff(), 0)
        return redis.Redis(port=self.port, decode_responses=True, socket_timeout=within, retry=retry)

    @property
    def _seen(self) -> Path:
        """Where we see its data."""
        return self.disk.seen(self.data) if self.disk else self.data

    def cut_tail(self, size: int) -> int:
        """Takes the last `size` bytes of what was written to disk; only while it is dead. Returns how many went.
        A write that is cut through is dropped as a whole when the file is loaded (aof-load-truncated)."""
        newest = max(_append_only_files(self._seen), key=_age)
        left = max(0, (before := newest.stat().st_size) - size)
        os.truncate(newest, left)
        return before - left

    def wipe(self) -> None:
        """Takes all data; only while it is dead."""
        for path in self._seen.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _append_only_files(data: Path) -> list[Path]:
    """Redis 7 has a folder of them, of which the last increment grows; before it was one file."""
    return [*data.glob("appendonlydir/*.incr.aof"), *data.glob("appendonly.aof")]


def _age(path: Path) -> tuple[float, str]:
    return path.stat().st_mtime, path.name
