"""A disk that can be made full, under a program that goes on writing."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from drill.processes.disk import Disk, why_not

reason = why_not()


@pytest.mark.skipif(bool(reason), reason=reason or "there can be one")
def test_a_disk_is_made_full_while_somebody_writes_on_it(tmp_path: Path) -> None:
    disk, stop, full = Disk("disk", tmp_path / "holder"), threading.Event(), threading.Event()
    at = tmp_path / "data"
    disk.start(at)

    def write() -> None:
        with (disk.seen(at) / "file").open("wb", buffering=0) as file:
            while not stop.is_set():
                try:
                    file.write(b"x" * 20_000)
                except OSError as error:
                    if error.errno == errno.ENOSPC:
                        full.set()
                        return
                    raise

    try:
        for _ in range(5):
            full.clear()
            writer = threading.Thread(target=write)
            writer.start()
            disk.fill()
            assert full.wait(10), "there was room left"
            writer.join(10)
            disk.empty()
    finally:
        stop.set()
        disk.discard()


@pytest.mark.skipif(bool(reason), reason=reason or "there can be one")
def test_what_is_on_a_disk_is_kept_when_it_goes(tmp_path: Path) -> None:
    disk, at = Disk("disk", tmp_path / "holder"), tmp_path / "data"
    disk.start(at)
    try:
        (disk.seen(at) / "file").write_text("the evidence")
        assert not list(at.iterdir())
    finally:
        disk.discard()
    assert (at / "file").read_text() == "the evidence"
    disk.discard()
