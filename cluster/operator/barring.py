"""`hydrachat ban`, `unban` and `bans`."""

from __future__ import annotations

import click

from cluster.operator import complete, options, words
from cluster.operator.command import EXIT as SHOWN
from cluster.operator.errors import Failed
from cluster.operator.kicking import EXIT
from cluster.operator.near import hint
from cluster.operator.shape import Shape, Watching, shaped
from cluster.operator.times import clock
from cluster.operator.url import resolve


@click.command(
    epilog="\b\nExamples:\n  hydrachat ban bob --for 2h --reason spam\n  hydrachat ban 192.0.2.7\n"
    "  hydrachat ban 2001:db8::/48 --for 7d\n  hydrachat ban @10.0.0.1   a nickname that looks like an address" + EXIT
)
@click.argument("whom", metavar="NICK|ADDRESS|CIDR", shell_complete=complete.nicknames)
@click.option(
    "--for",
    "seconds",
    type=words.Span(),
    metavar="TIME",
    envvar="HYDRACHAT_FOR",
    show_envvar=True,
    help="How long, as in 30m, 2h or 7d.  [default: for good]",
)
@options.reason
@click.option(
    "--force",
    is_flag=True,
    envvar="HYDRACHAT_FORCE",
    show_envvar=True,
    help="Also an address from which everybody comes.",
)
@options.where
def ban(whom: str, seconds: float | None, reason: str, force: bool, url: str | None, port: int, prefix: str) -> None:
    """Keep a nickname or an address out, and end the sessions that it has.

    A nickname can be taken by nobody, at no node, from now on; an address, or a network of them, is refused by
    every node. A ban that is there already is replaced. Works while nodes are down.

    Behind a TCP balancer a node sees the balancer's address only: ban nicknames there, and addresses at the balancer.
    """
    from cluster.operator import bans as acts, read
    from cluster.operator.acting import desk
    from cluster.operator.connect import connect

    target, url = acts.target(whom), resolve(url, port)
    ended: list[str] = []
    with connect(url) as client, desk(url, prefix) as at:
        here = [] if target.net is None else read.sessions(client, prefix)
        if target.net is not None and not force:
            acts.check_spares_somebody(target.net, here)
        until, kicked = acts.ban(at, target, seconds, reason)
        if target.net is not None:
            ended = acts.expel(at, client, prefix, target.net, until, reason, here)
        elif kicked is not None:
            ended = [kicked.nick]
    when = f"until {clock(until)}" if until else "for good"
    who = f"ended: {', '.join(ended)}" if ended else "nobody was here"
    click.echo(f"{target.shown} is banned {when}; {who}")


@click.command(epilog="\b\nExamples:\n  hydrachat unban bob\n  hydrachat unban 2001:db8::/48" + EXIT)
@click.argument("whom", metavar="NICK|ADDRESS|CIDR", shell_complete=complete.banned)
@options.where
def unban(whom: str, url: str | None, port: int, prefix: str) -> None:
    """Lift a ban, written as `hydrachat bans` shows it."""
    from cluster.operator import bans as acts
    from cluster.operator.acting import desk
    from cluster.operator.connect import connect

    target, url = acts.target(whom), resolve(url, port)
    with connect(url) as client, desk(url, prefix) as at:
        if not acts.unban(at, target):
            rows = acts.all_bans(client, prefix)
            wider = acts.covering(rows, target)
            near = hint(target.shown, (row.name for row in rows))
            raise Failed(f"{target.shown} is not banned{f' by itself, but {wider} is' if wider else near}")
    click.echo(f"{target.shown} is not banned any more")


@click.command(
    cls=Watching, epilog="\b\nExamples:\n  hydrachat bans\n  hydrachat bans --json | jq -r '.[].name'" + SHOWN
)
@options.where
@shaped
def bans(url: str | None, port: int, prefix: str, shape: Shape) -> None:
    """List the bans that hold.

    \b
    JSON fields: kind (nick or address), name, since (Unix ms), until (Unix ms,
    0: for good), reason.
    """
    from cluster.operator import present, views

    present.present(resolve(url, port), shape, lambda client: views.bans(client, prefix))
