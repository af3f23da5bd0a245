"""The report: its numbers, its page, its summary."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from drill.checker import check
from drill.history import Happening, Kind
from drill.report import summary, write
from drill.report.charts import distribution, time_line
from drill.report.figures import Spread, figures
from drill.report.wording import span
from tests.unit.drill.story import ROOM, drop, fault, headed, run

NASTY = "<script>alert('&')</script>"


def night() -> list[Happening]:
    """A drill with two faults, three outages, and something broken."""
    outages = [
        Happening("ana", Kind.DISCONNECTED, node="n1", at=10.0),
        Happening("ana", Kind.MOVED, who="n2", at=10.5),
        Happening("ben", Kind.DISCONNECTED, node="n1", at=12.0),
        Happening("ben", Kind.RENEWED, node="n2", at=14.0),
        Happening("ana", Kind.MOVED, who="n1", at=15.0),
        Happening("ana", Kind.DISCONNECTED, node="n1", at=20.0),
        Happening("chi", Kind.STOPPED, text=NASTY + "[bold]", at=21.0),
        Happening("", Kind.NOT_RUN, "disk-full", text="no room " + NASTY, at=1.0),
    ]
    return headed([*run(), *outages], *fault("kill", 9.0, 11.0, "n1"), *fault("rewind", 500.0, 990.0, number=2))


def test_outages_are_what_clients_saw() -> None:
    found = figures(night())

    assert [(o.client, o.begin, o.end, o.how, o.node) for o in found.outages] == [
        ("ana", 10.0, 10.5, "moved", "n1"),
        ("ben", 12.0, 14.0, "renewed", "n1"),
        ("ana", 20.0, 999.0, "", "n1"),
    ]
    assert found.kept_connections == 1
    assert list(found.failover.values) == [0.5, 2.0]


def test_of_a_nickname_that_several_hold_in_turn_there_are_no_outages() -> None:
    """The last one lost its node, and another one came and moved, a minute later."""
    made = headed([*run(), Happening("cast-owner", Kind.DISCONNECTED, node="n1", at=3.0),
                   Happening("cast-owner", Kind.MOVED, who="n2", node="n2", at=95.0)])  # fmt: skip
    assert figures(made).outages == ()


def test_who_leaves_in_an_outage_does_not_wait_for_its_end() -> None:
    made = [Happening("ana", Kind.DISCONNECTED, at=1.0), Happening("ana", Kind.LEAVING, ROOM, at=2.0)]

    assert figures(made).outages == ()


def test_faults_are_counted_and_stand_beside_what_they_broke() -> None:
    found = figures(night())

    assert found.classes == {"kill": 1, "rewind": 1}
    assert found.not_run == (("disk-full", "no room " + NASTY),)
    assert [f.name for f in found.beside(10.0)] == ["kill"]
    assert [f.name for f in found.beside(15.0)] == ["kill"]
    assert found.beside(17.0) == []


def test_a_class_that_never_had_its_turn_is_named() -> None:
    asked = Happening("", Kind.RUN, text='{"faults": ["kill", "oom"]}')
    assert figures([asked, *fault("kill", 1.0, 2.0)]).not_run == (("oom", "no turn: the drill was too short"),)


def test_latencies_count_from_what_was_said() -> None:
    found = figures(run())

    assert len(found.accepted.values) == 7
    assert set(found.accepted.values) == {1.0}
    assert len(found.received.values) == 19
    assert found.received.longest == 4.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0)])
def test_percentiles(share: float, value: float) -> None:
    assert Spread(map(float, range(100, 0, -1))).at(share) == value
    assert Spread([]).at(share) == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0.0 ms"), (0.0008, "0.8 ms"), (0.012, "12 ms"), (3.21, "3.2 s"), (725.0, "12:05 min")],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


class Strict(HTMLParser):
    """Counts tags, and sees that each is closed in its place."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [name for name, _ in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("made", [night(), run(), headed(run()), [], drop(Kind.RECEIVED, "ben", "ana-1")(run())])
def test_the_page_is_whole_and_needs_nothing_else(made: list[Happening], tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write(made, check(made), file)
    text = file.read_text("utf-8")
    page = Strict()
    page.feed(text)
    page.close()

    assert page.open == []
    assert page.links == []
    assert "script" not in page.seen
    assert "http" not in text
    assert ("Every promise was kept." in text) == check(made).kept


def test_the_page_tells_of_each_fault_and_each_broken_promise(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    made = night()
    write(made, check(made), file)
    text = file.read_text("utf-8")

    for words in ("kill", "rewind", "disk-full", "gave_up", "stranded", "&lt;script&gt;"):
        assert words in text


def test_drawings_are_well_formed() -> None:
    made = night()

    for drawing in (time_line(figures(made), check(made).broken), distribution(Spread([0.001, 0.5, 20.0]))):
        ET.fromstring(drawing)
    assert time_line(figures(made), ()).count('class="fault"') == 2
    assert time_line(figures(made), ()).count('class="outage') == 3


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0], [1.0], [1e-9, 1e6], [1.0] * 5000])
def test_any_spread_can_be_drawn(values: list[float]) -> None:
    ET.fromstring(distribution(Spread(values)))


def test_the_summary_says_what_matters() -> None:
    made = night()
    text = summary(check(made), made)

    for words in (
        "kill",
        "disk-full",
        "failover, as clients saw it",
        "BROKEN gave_up: 1",
        NASTY + "[bold]",
        "broken promises.",
    ):
        assert words in text
    assert "Every promise was kept." in summary(check(run()), run())
    assert max(map(len, summary(check(run()), run()).splitlines())) <= 100
