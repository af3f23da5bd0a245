"""The append-only file of a Redis: since version 7 a folder of them."""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDER, FILE = "appendonlydir", "appendonly.aof"


def keep(data: Path, aside: Path) -> None:
    """Copies that of the server whose data lie in `data`."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for each in _all(data):
        (shutil.copytree if each.is_dir() else shutil.copy)(each, aside / each.name)


def put_back(aside: Path, data: Path) -> None:
    """What `keep` copied takes the place of what is there. The server must not run."""
    take(data)
    for each in _all(aside):
        (shutil.copytree if each.is_dir() else shutil.copy)(each, data / each.name)


def take(data: Path) -> None:
    """It is gone. The server must not run."""
    for each in _all(data):
        (shutil.rmtree if each.is_dir() else Path.unlink)(each)


def growing(data: Path) -> Path:
    """The file to whose end the server writes."""
    (file,) = [*(data / FOLDER).glob("*.incr.aof"), *data.glob(FILE)]
    return file


def _all(data: Path) -> list[Path]:
    return [each for each in (data / FOLDER, data / FILE) if each.exists()]
