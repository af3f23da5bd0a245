"""What a process holds in its memory. Linux, as its parent's parent may."""

from __future__ import annotations

from pathlib import Path

_MOST = 256 * 1024 * 1024


def holds(pid: int, word: bytes) -> bool:
    """Whether `word` stands anywhere in what the process may write. Raises OSError."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        return any(word in _read(memory, start, end) for start, end in _regions(pid))


def _regions(pid: int) -> list[tuple[int, int]]:
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    spans = [line.split()[0].split("-") for line in lines if line.split()[1].startswith("rw")]
    return [(int(start, 16), int(end, 16)) for start, end in spans]


def _read(memory: object, start: int, end: int) -> bytes:
    try:
        memory.seek(start)  # type: ignore[attr-defined]
        return bytes(memory.read(min(end - start, _MOST)))  # type: ignore[attr-defined]
    except (OSError, ValueError, OverflowError):
        return b""  # it is gone by now, or can't be read
