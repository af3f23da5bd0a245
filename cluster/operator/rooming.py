"""`hydrachat room`."""

from __future__ import annotations

import click

from cluster.operator import complete, options, words
from cluster.operator.errors import Failed
from cluster.operator.kicking import EXIT
from cluster.operator.text import harmless
from cluster.operator.url import resolve


@click.command(
    epilog="\b\nExamples:\n  hydrachat room ops\n  hydrachat room ops --owner alice\n  hydrachat room ops --open" + EXIT
)
@click.argument("room", shell_complete=complete.rooms)
@click.option("--owner", metavar="NICK", help="Give the room to NICK, who is in it.", shell_complete=complete.nicknames)
@click.option("--open", "opened", is_flag=True, help="End its guards, and all invitations, mutes and removals.")
@options.where
def room(room: str, owner: str | None, opened: bool, url: str | None, port: int, prefix: str) -> None:
    """Show who owns ROOM and what guards it, or override that.

    The key itself is nowhere. With both options the room is opened first.
    """
    from cluster.operator import acts
    from cluster.operator.acting import desk

    where = words.room(room)
    compared = None if owner is None else words.mapped(owner)
    if where == "#lobby" and (owner or opened):
        raise Failed("the lobby is everybody's: it has no owner and no guards")
    with desk(resolve(url, port), prefix) as at:
        found = acts.override(at, where, "open") if opened else acts.override(at, where)
        if found and compared is not None:
            found = acts.override(at, where, "owner", compared)
            if found is None:
                raise Failed(f"{owner} is not in {where}{acts.hint_for(at, owner or '')}")
        if found is None:
            raise Failed(f"nobody is in {where}, and nobody owns it{acts.rooms_near(at, where)}")
    click.echo(_told(where, found))


def _told(where: str, found: object) -> str:
    from cluster.operator.acts import RightsRow

    assert isinstance(found, RightsRow)
    registered = " (registered)" if ":" in found.owner_id else ""
    owner = f"owned by {harmless(found.owner)}{registered}" if found.owner else "nobody owns it"
    counts = (("invited", found.invited), ("muted", found.muted), ("removed", found.removed))
    named = "".join(f", {count} {what}" for what, count in counts if count)
    return f"{where}: {owner}, {' '.join(found.guards) or 'open'}{named}"
