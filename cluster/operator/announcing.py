"""`hydrachat announce`."""

from __future__ import annotations

import sys

import click

from cluster.operator import options, words
from cluster.operator.errors import Failed
from cluster.operator.kicking import EXIT
from cluster.operator.url import resolve


@click.command(
    epilog='\b\nExamples:\n  hydrachat announce "back in five minutes"\n  hydrachat announce --room ops "look here"'
    "\n  hydrachat announce - < notice.txt" + EXIT
)
@click.argument("text")
@click.option(
    "--room",
    metavar="ROOM",
    default="",
    envvar="HYDRACHAT_ANNOUNCE_ROOM",  # HYDRACHAT_ROOM is where a person of this machine talks
    show_envvar=True,
    help="Only in this room's log, where who comes later reads it too.",
)
@options.where
def announce(text: str, room: str, url: str | None, port: int, prefix: str) -> None:
    """Say TEXT to everybody who is on-line, as the operator. TEXT "-": what stands on stdin.

    Everybody is told once, also who is away and comes back in time, or is on the way to another node. Clients show
    it as the operator's; no nickname can look like it. Works while nodes are down: it is told when they are back.
    """
    from cluster.operator import acts
    from cluster.operator.acting import desk

    if text == "-":
        text = sys.stdin.read()
    text, where = words.said(text), words.room(room) if room else ""
    with desk(resolve(url, port), prefix) as at:
        told = acts.announce(at, text, where)
        if told is None:
            raise Failed(f"nobody is in {where}{acts.rooms_near(at, where)}")
    people = "1 session" if told == 1 else f"{told} sessions"
    click.echo(f"said in {where} ({people})" if where else f"said to {people}")
