"""What the fuzzer once found worth keeping, again and again: without the fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz import corpus, steps
from fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_what_holds_holds_for_all_that_was_kept(name: str) -> None:
    inputs = corpus.read(name)
    assert len(inputs) >= 10
    for one in inputs:
        try:
            TARGETS[name](one)
        except Exception as error:
            raise AssertionError(f"{name}: {one!r}") from error


def test_every_kept_file_has_its_target() -> None:
    assert {path.stem for path in corpus.KEPT.glob("*.txt")} == set(TARGETS)


def test_what_is_kept_is_read_as_it_was_written_and_what_a_person_wrote_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "KEPT", tmp_path)
    (tmp_path / "server.txt").write_text("# a word about it\nb'old'\n")
    corpus.write("server", [b"\n\0\xff", b"x", b"y" * 5000])

    assert corpus.read("server") == [b"old", b"x", b"\n\0\xff"]
    corpus.write("server", [b"newer", b"old"])
    assert corpus.read("server") == [b"old", b"newer"]
    assert (tmp_path / "server.txt").read_text().startswith("# a word about it\nb'old'\n")


def test_work_that_grows_with_the_square_is_found() -> None:
    def squared() -> None:
        for _ in range(800):
            for _ in range(800):
                len("")

    with pytest.raises(AssertionError, match="steps for 800 bytes"):
        steps.bounded(squared, 800)
