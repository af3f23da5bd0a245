"""Numbers as people read them at a glance, and texts in so many cells. What isn't known is a dash."""

from __future__ import annotations

import time

from rich.cells import cell_len, set_cell_size

from cluster.operator.text import harmless

NONE = "-"
BLOCKS = "▁▂▃▄▅▆▇█"


def count(value: float | None) -> str:
    """1,204; from a million on 1.2M."""
    if value is None:
        return NONE
    if value >= 1e9:
        return f"{value / 1e9:.1f}G"
    return f"{value / 1e6:.1f}M" if value >= 1e6 else f"{value:,.0f}"


def per_second(value: float | None) -> str:
    """0, 0.4, 34.2, 1,204, 1.2M."""
    return f"{value:.1f}" if value is not None and 0 < value < 99.95 else count(value)


def seconds(value: float | None) -> str:
    """0.4 ms, 12 ms, 1.3 s."""
    if value is None:
        return NONE
    if value < 0.9995:
        return f"{value * 1000:.1f} ms" if value < 0.00995 else f"{value * 1000:.0f} ms"
    return f"{value:.1f} s" if value < 99.95 else span(value)


def span(value: float | None) -> str:
    """How long something has lasted: 12 s, 3 m 4 s, 5 h 2 m, 12 d 3 h."""
    if value is None:
        return NONE
    left = max(0, int(value))
    words: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if left >= size or (unit == "s" and not words):
            words.append(f"{left // size} {unit}")
            left %= size
    return " ".join(words[:2])


def size(value: float | None) -> str:
    """Bytes: 512 B, 12.4 KiB, 1.2 GiB."""
    if value is None:
        return NONE
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError(value)


def percent(value: float | None) -> str:
    """Of one core: 0.123 is 12 %."""
    return NONE if value is None else f"{value * 100:.0f} %"


def clock(ms: float) -> str:
    """Unix ms as local time, with the date where it is not today's."""
    if not 0 < ms < 1e14:
        return NONE
    then, now = time.localtime(ms / 1000), time.localtime()
    return time.strftime("%H:%M:%S" if then[:3] == now[:3] else "%Y-%m-%d %H:%M", then)


def clean(text: str) -> str:
    """Others' text in one line of a terminal; a dash for none."""
    return harmless(text) or NONE


def fitted(text: str, width: int, right: bool = False) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis. Wide characters count twice."""
    long = cell_len(text)
    if long > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    return " " * (width - long) + text if right else text + " " * (width - long)


def sparkline(values: tuple[float | None, ...], width: int) -> str:
    """The last `width` values, each as a block between 0 and the largest of them; a space where there is none."""
    shown = values[-width:] if width > 0 else ()
    top = max((value for value in shown if value is not None), default=0.0)
    return "".join(" " if value is None else _block(value, top) for value in shown).rjust(max(0, width))


def _block(value: float, top: float) -> str:
    if top <= 0 or value <= 0:
        return BLOCKS[0]
    return BLOCKS[min(len(BLOCKS) - 1, int(value / top * len(BLOCKS)))]
