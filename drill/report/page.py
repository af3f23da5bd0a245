"""The report as one HTML page that needs nothing else. Pure. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from drill.checker import Verdict
from drill.report.charts import distribution, time_line
from drill.report.figures import Figures, Spread
from drill.report.wording import facts, judgement, span

FIRST = 200


def page(verdict: Verdict, found: Figures) -> str:
    """The whole page."""
    style = files("drill.report").joinpath("page.css").read_text("utf-8")
    title = f"Hydrachat drill: {'kept' if verdict.kept else 'broken'}"
    body = [
        _head(verdict, found),
        _section("Time line", _legend(), f'<div class="wide line">{time_line(found, verdict.broken[:FIRST])}</div>'),
        _section("How long it took", _times(found)),
        _section("Broken promises", _violations(verdict, found)) if not verdict.kept else "",
        _section("Faults", _faults(found)),
        _section("Settings", f"<pre>{escape(found.settings or 'not noted')}</pre>"),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _head(verdict: Verdict, found: Figures) -> str:
    tiles = "".join(f"<div><b>{number}</b>{escape(what)}</div>" for what, number in facts(verdict))
    lasted = f"{len(found.faults)} faults in {span(found.seconds)}"
    moves = f"{found.kept_connections:,} moves without an outage"
    return (
        f'<header class="{"kept" if verdict.kept else "broken"}"><h1>{escape(judgement(verdict))}</h1>'
        f"<p>{lasted}; {len(found.outages):,} outages of clients, {moves}</p></header>"
        f'<div class="tiles">{tiles}</div>'
    )


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def _legend() -> str:
    keys = [
        ("fault", "fault"), ("outage moved", "outage of a client"), ("outage renewed", "… with its session lost"),
        ("outage lost", "… that never ended"), ("mark", "broken promise"),
    ]  # fmt: skip
    return '<p class="legend">' + "".join(f'<span><i class="{kind}"></i>{name}</span>' for kind, name in keys) + "</p>"


def _times(found: Figures) -> str:
    charts: list[tuple[str, Spread]] = [
        ("said to accepted", found.accepted),
        ("said to shown", found.received),
        ("failover, as clients saw it", found.failover),
    ]
    return '<div class="charts">' + "".join(_chart(name, spread) for name, spread in charts) + "</div>"


def _chart(name: str, spread: Spread) -> str:
    numbers = f"p50 <b>{span(spread.at(0.5))}</b> p99 <b>{span(spread.at(0.99))}</b> max <b>{span(spread.longest)}</b>"
    count = f"{len(spread.values):,}"
    return f"<figure><figcaption>{escape(name)} ({count})<br>{numbers}</figcaption>{distribution(spread)}</figure>"


def _violations(verdict: Verdict, found: Figures) -> str:
    totals = ", ".join(f"{escape(rule)}: {n:,}" for rule, n in sorted(verdict.totals.items()))
    rows = [
        (
            f"{max(0.0, v.at - found.start):.1f} s",
            v.rule,
            v.text,
            v.node,
            ", ".join(f"{fault.number}: {fault.name} {fault.target}".strip() for fault in found.beside(v.at)),
        )
        for v in verdict.broken[:FIRST]
    ]
    more = "" if len(verdict.broken) <= FIRST else f"<p>The first {FIRST} by time are listed.</p>"
    return f"<p>{totals}</p>{_missing(verdict)}{more}" + _table(("at", "rule", "what", "node", "beside"), rows)


def _missing(verdict: Verdict) -> str:
    by_node: dict[str, int] = {}
    for (_, node), n in verdict.missing.items():
        by_node[node or "?"] = by_node.get(node or "?", 0) + n
    if not by_node:
        return ""
    return f"<p>Missing by node: {escape(', '.join(f'{node}: {n:,}' for node, n in sorted(by_node.items())))}</p>"


def _faults(found: Figures) -> str:
    rows = [(name, f"{n}", _lasted(found, name), "") for name, n in sorted(found.classes.items())]
    rows += [(name, "not run", "", why) for name, why in found.not_run]
    rows.append(("all", f"{len(found.faults)}", "", ""))
    return _table(("class", "times", "lasted", "why not"), rows)


def _lasted(found: Figures, name: str) -> str:
    spread = Spread(fault.end - fault.begin for fault in found.faults if fault.name == name)
    return f"{span(spread.at(0.0))} to {span(spread.longest)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
