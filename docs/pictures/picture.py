"""What is on a Textual screen as an SVG that looks the same everywhere."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from textual.app import App

# A page that shows a picture loads no fonts for it: what the reader has must do.
FONTS = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_COLUMN = re.compile(r"\x1b\[(\d+)G")
_LENGTH = re.compile(r'textLength="([\d.]+)"([^>]*)>([^<]+)</text>')


def picture(app: App[Any], title: str) -> str:
    """Of a running program's screen. Textual's thread."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True,
        legacy_windows=False,
    )  # fmt: skip
    rows = [list(_as_in_a_terminal(strip)) for strip in app.screen._compositor.render_strips()]
    console.print(Segments(itertools.chain(*((*row, Segment.line()) for row in rows))), end="")
    return portable(console.export_svg(title=title))


def _as_in_a_terminal(row: Iterable[Segment]) -> Iterator[Segment]:
    """A row with what a terminal would make of the sequences that go there; wide characters stand for themselves."""
    used, blank = 0, None
    for text, style, control in row:
        if not control:
            used += cell_len(text)
            runs = itertools.groupby(text, lambda one: cell_len(one) > 1)
            yield from (Segment("".join(run), style) for _, run in runs)
        elif column := _COLUMN.fullmatch(text):
            yield Segment(" " * (gap := max(0, int(column[1]) - 1 - used)), blank)
            used += gap
        else:
            blank = style  # of what is erased


def portable(svg: str) -> str:
    """Without fonts from elsewhere, with wide characters as wide as they are, and named by nothing that changes from
    one picture to the next."""
    svg = _FONT_FACE.sub("", svg)
    svg = svg.replace("Fira Code, monospace", FONTS).replace("font-family: arial", "font-family: sans-serif")
    svg = _LENGTH.sub(_widened, re.sub(r"terminal-\d+", "t", svg))
    return "".join(f"{line.rstrip()}\n" for line in svg.strip().splitlines())


def _widened(tag: re.Match[str]) -> str:
    length, between, content = tag.groups()
    text = html.unescape(content)
    return f'textLength="{float(length) * cell_len(text) / len(text):g}"{between}>{content}</text>'
