"""`hydrachat node`: one chat node in the foreground."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

import click

from cluster.operator.login import is_exposed, login, signed
from node.access import ACCESS, OPEN
from node.options import AddressType, limit_options, networks, number
from node.process import allow_many_descriptors, collect_rarely, wait_patiently
from node.settings import EXEMPT, LOG_FORMATS, LOG_LEVELS, BadSetting, CantBind, NodeSettings
from node.variables import mistyped
from wire import Address

_EPILOG = """\b
Example:
  hydrachat node --id n1 --listen 127.0.0.1:7701 \\
      --redis redis://127.0.0.1:7799/0 --http 127.0.0.1:7801

Every option is also an environment variable: --log-format is HYDRACHAT_LOG_FORMAT. An option goes
before its variable. Exit codes: 0 stopped by SIGTERM, 130 by Ctrl-C, 2 a bad setting or a port in use,
1 failed, or another process took this node's id."""


if TYPE_CHECKING:
    from node.certificate import BadCertificate


@click.command(epilog=_EPILOG, context_settings={"show_default": True})
@click.option("--id", "id_", envvar="HYDRACHAT_ID", required=True, help="The node's name, unique in the cluster.")
@click.option("--listen", envvar="HYDRACHAT_LISTEN", type=AddressType(), required=True, help="Where clients connect.")
@click.option(
    "--redis",
    envvar="HYDRACHAT_REDIS",
    required=True,
    help="URL of the cluster's Redis, or redis+sentinel://HOST:PORT,…/NAME/DB.",
)
@login
@click.option(
    "--http",
    envvar="HYDRACHAT_HTTP",
    type=AddressType(),
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
@click.option(
    "--listen-proxy",
    envvar="HYDRACHAT_LISTEN_PROXY",
    type=AddressType(),
    help="One more address, where only balancers of --proxy-from connect, with a PROXY header.",
)
@networks(
    "proxy-from",
    "",
    "Balancers whose PROXY header (version 1 or 2) tells where a client comes from; from them it must come first.",
)
@networks("exempt", ",".join(EXEMPT), "Addresses that may have as many connections, and say as much, as they like.")
@click.option(
    "--tls-cert",
    envvar="HYDRACHAT_TLS_CERT",
    metavar="FILE",
    default="",
    help="Clients speak TLS: the certificate and those between it and its authority, PEM. SIGHUP: read it again.",
)
@click.option("--tls-key", envvar="HYDRACHAT_TLS_KEY", metavar="FILE", default="", help="Its private key, PEM.")
@click.option("--prefix", envvar="HYDRACHAT_PREFIX", default="{hydrachat}:", help="Of all keys, with a hash tag.")
@number("lease", "SECONDS", 5.0, "Without a heartbeat for that long: dead.")
@number("grace", "SECONDS", 30.0, "How long a broken session keeps its place.")
@number("history", "N", 50, "Messages shown to a newcomer.")
@number("retain", "N", 10_000, "Entries kept in each room.")
@click.option(
    "--access",
    envvar="HYDRACHAT_ACCESS",
    type=click.Choice(ACCESS),
    default=OPEN,
    help="Who may come in: everybody; who has a registered nickname; or that, or who knows the password.",
)
@click.option(
    "--access-password-file",
    envvar="HYDRACHAT_ACCESS_PASSWORD_FILE",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Where the password for --access password stands, alone. Or HYDRACHAT_ACCESS_PASSWORD.",
)
@click.option(
    "--log-format", envvar="HYDRACHAT_LOG_FORMAT", type=click.Choice(LOG_FORMATS), default="human", help="On stderr."
)
@click.option(
    "--log-level",
    envvar="HYDRACHAT_LOG_LEVEL",
    type=click.Choice(LOG_LEVELS),
    default="info",
    help="debug: the way of each message, too.",
)
@limit_options
def node(
    id_: str,
    listen: Address,
    redis: str,
    http: Address,
    advertise: str,
    listen_proxy: Address | None,
    proxy_from: tuple[str, ...],
    exempt: tuple[str, ...],
    tls_cert: str,
    tls_key: str,
    prefix: str,
    lease: float,
    grace: float,
    history: int,
    retain: int,
    access: str,
    access_password_file: TextIO | None,
    log_format: str,
    log_level: str,
    **limits: Any,
) -> None:
    """Runs one chat node in the foreground, with its log on stderr.

    It starts while Redis is still away, says so, and serves when Redis comes. SIGTERM stops it in order:
    its clients are sent to the other nodes first.
    """
    try:
        settings = NodeSettings(
            id=id_,
            listen=listen,
            redis=signed(redis),
            is_password_exposed=is_exposed(click.get_current_context(), "redis", redis),
            mistyped=_mistyped(),
            http=http,
            advertise=advertise,
            listen_proxy=listen_proxy,
            proxy_from=proxy_from,
            exempt=exempt,
            tls_cert=tls_cert,
            tls_key=tls_key,
            prefix=prefix,
            lease=lease,
            grace=grace,
            history=history,
            retain=retain,
            access=access,
            secret=_secret(access_password_file),
            log_format=log_format,
            log_level=log_level,
            **limits,
        )
    except BadSetting as error:
        raise _blamed(error) from None
    raise SystemExit(_run(settings))


def _mistyped() -> tuple[tuple[str, str], ...]:
    params = click.get_current_context().command.params
    return tuple(mistyped(os.environ, {param.envvar for param in params if isinstance(param.envvar, str)}))


def _secret(file: TextIO | None) -> str:
    """Never from the command line, which everybody on the machine can read."""
    if file is None:
        return os.environ.get("HYDRACHAT_ACCESS_PASSWORD", "")
    try:
        return file.read(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"can't be read: {error}", param_hint="'--access-password-file'") from None


def _run(settings: NodeSettings) -> int:
    # Here, not above: `--help` and a bad setting shall not wait for Redis's library.
    from node.certificate import BadCertificate
    from node.logs import let_go
    from node.real import open_node

    try:
        room = allow_many_descriptors()
        built = open_node(replace(settings, max_connections=min(settings.max_connections, room)))
    except (CantBind, BadCertificate) as error:
        raise _blamed(error) from None
    collect_rarely()
    wait_patiently()
    built.heed_signals()
    built.start()
    try:
        return built.wait()
    finally:
        built.stop()
        if sys.stderr is not None:
            let_go(sys.stderr)


def _blamed(error: BadSetting | CantBind | BadCertificate) -> click.BadParameter:
    """`error` as one of the option that it is about."""
    ctx = click.get_current_context()
    option = next((param for param in ctx.command.params if f"--{error.setting}" in param.opts), None)
    return click.BadParameter(error.problem, ctx, option)
