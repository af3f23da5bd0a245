"""`hydrachat kick`."""

from __future__ import annotations

import click

from cluster.operator import complete, options, words
from cluster.operator.errors import Failed
from cluster.operator.url import resolve

EXIT = "\n\nExit codes: 0 ok, 1 refused or failed, 2 usage or setting, 3 Redis unreachable."


@click.command(epilog='\b\nExamples:\n  hydrachat kick bob\n  hydrachat kick bob --reason "please stop"' + EXIT)
@click.argument("nick", shell_complete=complete.nicknames)
@options.reason
@options.where
def kick(nick: str, reason: str, url: str | None, port: int, prefix: str) -> None:
    """End the session of NICK at once.

    Whoever is in a room with NICK reads that it was kicked, and why. Its client is told and stays away
    until a person starts it again; nobody keeps NICK from that (`hydrachat ban` does). Works on who is away,
    and while nodes are down: then it takes effect as soon as one is back.
    """
    from cluster.operator import acts
    from cluster.operator.acting import desk

    compared = words.mapped(nick)
    with desk(resolve(url, port), prefix) as at:
        kicked = acts.kick(at, compared, reason)
        if kicked is None:
            raise Failed(f"nobody is called {nick}{acts.hint_for(at, nick)}")
    away = ", who was away" if kicked.state == "away" else ""
    click.echo(f"{kicked.nick}{away} was kicked (at {kicked.node}, in {' '.join(kicked.rooms) or 'no room'})")
