from __future__ import annotations

import itertools

from hypothesis import given, strategies as st

from wire.lines import Line, LineSplitter, TooLong

LIMIT = 8
STREAM = st.text("ab\r\n", max_size=60).map(str.encode)


def whole(data: bytes, limit: int = LIMIT) -> list[Line]:
    """The rule itself, without bounds or pieces."""
    *lines, rest = data.split(b"\n")
    ended: list[Line] = [_line(line, limit) for line in lines]
    return [*ended, _line(rest, limit)] if rest else ended


def _line(line: bytes, limit: int) -> Line:
    content = line.removesuffix(b"\r")
    return TooLong(limit, line[: limit + 2]) if len(content) > limit else content


def kinds(lines: list[Line]) -> list[bytes | None]:
    return [line if isinstance(line, bytes) else None for line in lines]


@given(data=STREAM, cuts=st.lists(st.integers(0, 60)))
def test_any_cut_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    splitter = LineSplitter(LIMIT)
    lines: list[Line] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in itertools.pairwise(edges):
        lines += splitter.feed(data[start:end])
        assert splitter.held <= LIMIT + 1
    assert kinds(lines + splitter.eof()) == kinds(whole(data))


def test_both_line_ends() -> None:
    assert LineSplitter(9).feed(b"a\r\nb\nc\rd\n\n\r\n") == [b"a", b"b", b"c\rd", b"", b""]


def test_the_rest_is_a_last_line_at_the_end() -> None:
    splitter = LineSplitter(9)
    assert splitter.feed(b"a\nhalf") == [b"a"]
    assert splitter.eof() == [b"half"]
    assert splitter.eof() == []


def test_a_long_line_is_told_at_once_and_only_once() -> None:
    splitter = LineSplitter(LIMIT)
    assert splitter.feed(b"123456789") == [TooLong(LIMIT, b"123456789")]
    for _ in range(1000):
        assert splitter.feed(b"x" * 1000) == []
        assert splitter.held == 0
    assert splitter.feed(b"\nok\n") == [b"ok"]


def test_a_line_of_the_limit_passes_with_either_end() -> None:
    for end in (b"\n", b"\r\n"):
        splitter = LineSplitter(LIMIT)
        data = b"12345678" + end
        assert [line for byte in data for line in splitter.feed(bytes([byte]))] == [b"12345678"]
