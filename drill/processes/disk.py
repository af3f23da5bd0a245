"""A small disk for one Redis, which can be made full. It needs root, and Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from drill.processes.launcher import Launcher
from drill.processes.process import Process
from drill.processes.waiting import wait_until

ROOMY = 2 << 30
"""Bytes; only what is written takes memory."""
PAGE = 4096
FILL_TRIES = 16


class Disk:
    """A tmpfs in a name space of its own, which a sleeping process holds: with that it goes, however we die."""

    def __init__(self, name: str, folder: Path, launcher: Launcher | None = None) -> None:
        self._name, self._folder, self._launcher = name, folder, launcher
        self._holder: Process | None = None
        self._at = folder

    def start(self, at: Path) -> None:
        """Mounts it over the folder `at`. Raises OSError, TimeoutError."""
        self._at = at
        at.mkdir(parents=True, exist_ok=True)
        mount = f'mount -t tmpfs -o size={ROOMY} drill "$0" && exec sleep infinity'
        words = ["unshare", "--mount", "sh", "-c", mount, str(at)]
        self._holder = Process(self._name, [str(shutil.which(words[0])), *words[1:]], self._folder, self._launcher)
        self._holder.start()
        wait_until(lambda: self._is_mounted() or not self.alive, what=f"{self._name} is mounted")
        if not self.alive:
            raise OSError(f"no disk: {self._holder.tail()}")

    @property
    def alive(self) -> bool:
        """Whether it is there. Any thread."""
        return self._holder is not None and self._holder.alive

    def entry(self, data: Path) -> list[str]:
        """Words before a program that is to see it; mounts it over `data` the first time. Raises OSError."""
        if self._holder is None:
            self.start(data)
        return [str(shutil.which("nsenter")), f"--mount=/proc/{self._pid}/ns/mnt"]

    def seen(self, path: Path) -> Path:
        """Where we see what a program on it sees as `path`."""
        return Path(f"/proc/{self._pid}/root{path}")

    def fill(self) -> None:
        """Hardly another page fits on it. Raises OSError."""
        for spare in (PAGE << step for step in range(FILL_TRIES)):
            found = os.statvfs(self.seen(self._at))
            try:
                return self._resize((found.f_blocks - found.f_bfree) * found.f_frsize + spare)
            except OSError as error:
                refused = error  # more was written meanwhile: a disk can't be made smaller than what is on it
        raise refused

    def empty(self) -> None:
        """There is room again. Raises OSError."""
        self._resize(ROOMY)

    def discard(self) -> None:
        """What is on it is kept in the folder over which it was mounted. Nobody writes any more. Idempotent."""
        if self._holder is not None and self.alive:
            with suppress(OSError, shutil.Error):  # it may not be mounted, or hold more than there is room for here
                shutil.copytree(self.seen(self._at), self._at, dirs_exist_ok=True)
        if self._holder is not None:
            self._holder.discard()

    @property
    def _pid(self) -> int:
        if self._holder is None:
            raise OSError(f"{self._name} was not started")
        return self._holder.pid

    def _is_mounted(self) -> bool:
        try:
            lines = Path(f"/proc/{self._pid}/mounts").read_text().splitlines()
        except OSError:
            return False
        return any(line.startswith("drill ") for line in lines)

    def _resize(self, size: int) -> None:
        words = [*self.entry(self._at), "mount", "-o", f"remount,size={size}", str(self._at)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise OSError(f"{self._name}: {done.stderr.strip()}")


def why_not() -> str:
    """Why there can't be such a disk here; empty: there can."""
    if sys.platform != "linux" or os.geteuid():
        return "needs Linux and root, to mount a small disk"
    missing = [word for word in ("unshare", "nsenter", "mount") if not shutil.which(word)]
    if missing:
        return f"{' and '.join(missing)} is missing: install the Debian packages util-linux and mount"
    done = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "drill", "/mnt"], capture_output=True, text=True, check=False
    )
    return done.stderr.strip()
