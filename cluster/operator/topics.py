"""`hydrachat topic`."""

from __future__ import annotations

import click

from cluster.operator import complete, options, words
from cluster.operator.errors import Failed
from cluster.operator.kicking import EXIT
from cluster.operator.text import harmless
from cluster.operator.times import clock
from cluster.operator.url import resolve


@click.command(
    epilog='\b\nExamples:\n  hydrachat topic ops\n  hydrachat topic ops "release on friday"'
    '\n  hydrachat topic ops ""             clears it' + EXIT
)
@click.argument("room", shell_complete=complete.rooms)
@click.argument("text", required=False)
@options.where
def topic(room: str, text: str | None, url: str | None, port: int, prefix: str) -> None:
    """Show what ROOM is about or, with TEXT, set that as the operator."""
    from cluster.operator import acts
    from cluster.operator.acting import desk

    where = words.room(room)
    wanted = None if text is None else words.topic(text)
    with desk(resolve(url, port), prefix) as at:
        known = wanted is None or acts.set_topic(at, where, wanted) is not None
        found = acts.topic_of(at, where) if known else None
        if found is None:
            raise Failed(f"nobody is in {where}{acts.rooms_near(at, where)}")
    by = f" (by {found.nick}, {clock(found.time)})" if found.time else ""
    click.echo(f"{where}: {harmless(found.text, words.LONGEST_TOPIC)}{by}" if found.text else f"{where} has no topic")
