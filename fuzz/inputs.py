"""What an input of the fuzzer means: how a stream is cut, and how a few bytes become a long line. Pure."""

from __future__ import annotations

import random
from typing import NamedTuple

_LONG = b"~"
_STRETCHED = b"x" * 40_000
_STRETCHES = 4


class Stream(NamedTuple):
    """`mode`: eight switches for the target. `pieces`: the same bytes, in parts as a network might bring them."""

    mode: int
    whole: bytes
    pieces: list[bytes]


def stream(data: bytes) -> Stream:
    """The first byte is the mode, the second how it is cut. A `~` stands for 40,000 bytes where the mode's highest bit
    is set: a fuzzer would never write so many."""
    mode, seed, whole = (*data[:2].ljust(2, b"\0"), data[2:])
    if mode & 0x80:
        whole = whole.replace(_LONG, _STRETCHED, _STRETCHES)
    return Stream(mode, whole, list(_cut(whole, seed)))


def _cut(whole: bytes, seed: int) -> list[bytes]:
    if seed == 0 and len(whole) <= 2000:
        return [whole[at : at + 1] for at in range(len(whole))]
    rng, pieces, at = random.Random(seed), [], 0
    most = rng.choice((3, 50, 2000, 70_000))
    while at < len(whole):
        size = rng.randint(1, most) if len(whole) < 20_000 else rng.randint(1000, 70_000)
        pieces.append(whole[at : at + size])
        at += size
    return pieces
