"""The data folder of an `up`: made, locked, and the note that tells the other commands where Redis is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cluster.operator.errors import BadSetting, Failed
from cluster.operator.url import note
from cluster.up.plan import Plan

MODE = 0o700  # conversations are in it
LEAST_FREE = 256 * 1024  # bytes


@contextmanager
def held(data: Path) -> Iterator[bool]:
    """Makes `data` and holds its lock: two Redis servers on one append-only file destroy it. Yields whether who held it
    before left in order; he did not if he was killed, or the machine went down.

    Raises BadSetting when it can't be written, or another `up` holds it."""
    try:
        data.mkdir(mode=MODE, parents=True, exist_ok=True)
        lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadSetting(f"data folder {data} can't be used: {error.strerror} (--data)") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadSetting(f"data folder {data} is in use by another `hydrachat up` (--data)") from error
        in_order = not os.read(lock, 1)
        _mark(lock, b"in use\n")
        try:
            yield in_order
        finally:
            _mark(lock, b"")
    finally:
        os.close(lock)


def _mark(lock: int, words: bytes) -> None:
    with suppress(OSError):  # a full disk: the lock itself does not depend on it
        os.ftruncate(lock, 0)
        os.pwrite(lock, words, 0)


def is_full(data: Path) -> bool:
    """Whether there is no room on the disk behind `data` for what is said."""
    try:
        return shutil.disk_usage(data).free < LEAST_FREE
    except OSError:
        return False


def check_format(plan: Plan, version: str) -> None:
    """Raises Failed if a Redis of `version` would pass over what a newer one wrote into our data:
    before Redis 7 the append-only file was one file, and a folder is not even looked at."""
    major, data = version.partition(".")[0], plan.data
    newer = any((folder / "appendonlydir").exists() for folder in plan.redis_folders)
    if major.isdigit() and int(major) < 7 and newer:
        raise Failed(
            f"the data in {data} were written by Redis 7 or later, and this Redis is {version}: start "
            "the newer one, or begin afresh in another folder (--data)"
        )


def write_users(plan: Plan) -> None:
    """The file that makes our own Redis ask for the password, of which it holds a hash. Raises BadSetting."""
    digest = hashlib.sha256(plan.password.encode()).hexdigest()
    try:
        write_private(plan.users_file, f"user default reset on #{digest} allkeys allchannels allcommands\n")
    except OSError as error:
        raise BadSetting(f"{plan.users_file} can't be written: {error.strerror} (--data)") from error


def write_private(file: Path, text: str) -> None:
    """For its owner's eyes alone, from its first moment on. Raises OSError."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)


@contextmanager
def noted(plan: Plan) -> Iterator[None]:
    """Leaves a note of a Redis elsewhere, a group, or a password, for `who`, `redis-cli` … while the block runs."""
    url = plan.redis_url if plan.redis or plan.group or plan.password else ""
    try:
        place = note(plan.base_port)
        place.unlink(missing_ok=True)
        if url:
            place.parent.mkdir(mode=MODE, parents=True, exist_ok=True)
            write_private(place, url + "\n")
    except (OSError, RuntimeError):
        # Only a convenience: --redis does the same.
        place = None
    try:
        yield
    finally:
        if place is not None and url:
            with suppress(OSError):
                place.unlink(missing_ok=True)
