"""`hydrachat node`: one chat node in the foreground."""

from __future__ import annotations

import resource

import click

from node.settings import LOG_FORMATS, BadSetting, NodeSettings
from wire import Address

_DESCRIPTORS = 20_000
_EPILOG = """\b
Example:
  hydrachat node --id n1 --listen 127.0.0.1:7701 \\
      --redis redis://127.0.0.1:7799/0 --http 127.0.0.1:7801

Every option is also an environment variable: --log-format is HYDRACHAT_LOG_FORMAT. An option goes
before its variable. Exit codes: 0 stopped by SIGTERM, 130 by Ctrl-C, 2 a bad setting or a port in use,
1 failed, or another process took this node's id."""


class _AddressType(click.ParamType[Address]):
    name = "HOST:PORT"

    def convert(self, value: str | Address, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else Address.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(epilog=_EPILOG, context_settings={"show_default": True})
@click.option("--id", "id_", envvar="HYDRACHAT_ID", required=True, help="The node's name, unique in the cluster.")
@click.option("--listen", envvar="HYDRACHAT_LISTEN", type=_AddressType(), required=True, help="Where clients connect.")
@click.option("--redis", envvar="HYDRACHAT_REDIS", required=True, help="URL of the cluster's Redis.")
@click.option(
    "--http",
    envvar="HYDRACHAT_HTTP",
    type=_AddressType(),
    required=True,
    help="Where /healthz, /readyz and /metrics are.",
)
@click.option(
    "--advertise",
    envvar="HYDRACHAT_ADVERTISE",
    metavar="HOST:PORT",
    default="",
    help="The address other nodes' clients are sent to, if not --listen.",
)
@click.option("--prefix", envvar="HYDRACHAT_PREFIX", default="{hydrachat}:", help="Of all keys, with a hash tag.")
@click.option("--lease", envvar="HYDRACHAT_LEASE", type=float, default=5.0, help="Seconds without heartbeat: dead.")
@click.option(
    "--grace", envvar="HYDRACHAT_GRACE", type=float, default=30.0, help="Seconds a broken session keeps its place."
)
@click.option("--history", envvar="HYDRACHAT_HISTORY", type=int, default=50, help="Messages shown to a newcomer.")
@click.option("--retain", envvar="HYDRACHAT_RETAIN", type=int, default=10_000, help="Entries kept in each room.")
@click.option(
    "--log-format", envvar="HYDRACHAT_LOG_FORMAT", type=click.Choice(LOG_FORMATS), default="human", help="On stderr."
)
def node(
    id_: str,
    listen: Address,
    redis: str,
    http: Address,
    advertise: str,
    prefix: str,
    lease: float,
    grace: float,
    history: int,
    retain: int,
    log_format: str,
) -> None:
    """Runs one chat node in the foreground, with its log on stderr.

    It starts while Redis is still away, says so, and serves when Redis comes. SIGTERM stops it in order:
    its clients are sent to the other nodes first.
    """
    try:
        settings = NodeSettings(
            id=id_,
            listen=listen,
            redis=redis,
            http=http,
            advertise=advertise,
            prefix=prefix,
            lease=lease,
            grace=grace,
            history=history,
            retain=retain,
            log_format=log_format,
        )
    except BadSetting as error:
        raise click.UsageError(str(error)) from None
    raise SystemExit(_run(settings))


def _run(settings: NodeSettings) -> int:
    # Here, not above: `--help` and a bad setting shall not wait for Redis's library.
    from node.real import open_node

    try:
        built = open_node(settings)
    except OSError as error:
        where = f"--listen {settings.listen} or --http {settings.http}"
        raise click.UsageError(f"can't bind {where}: {error.strerror or error}") from None
    _allow_many_descriptors()
    built.start()
    try:
        return built.wait()
    finally:
        built.stop()


def _allow_many_descriptors() -> None:
    """The usual soft limit of 1024 would be the limit of clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
