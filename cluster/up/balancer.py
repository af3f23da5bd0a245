"""HAProxy's configuration, from the one template that `up` and the compose file share."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from cluster.up.plan import HOST, Plan

MOST_CLIENTS = 20_000
SPARE_FILES = 200
HEADERS = V1, V2 = "send-proxy", "send-proxy-v2"

_RESOLVERS = """\

# Names are looked up while running: a container that was started again has another address.
resolvers docker
    nameserver docker 127.0.0.11:53
    resolve_retries 3
    hold valid 2s
    hold obsolete 5s
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A node as the balancer sees it: name, `host`, port to send clients to, port of the health page."""

    name: str
    host: str
    port: int
    http_port: int


def render(
    bind: str, servers: Sequence[Server], maxconn: int, origin: str, docker_dns: bool = False, header: str = ""
) -> str:
    """The whole configuration. `bind`: address:port for clients; `origin`: a remark for its head;
    `docker_dns`: look the hosts up at Docker's resolver, and start before they can be found. `header`: of `HEADERS`, by
    which the nodes learn where clients come from."""
    lines = [f"    server {s.name} {s.host}:{s.port} check port {s.http_port} {header}".rstrip() for s in servers]
    template = Template(files("cluster.up").joinpath("haproxy.cfg.template").read_text("utf-8"))
    return template.substitute(
        bind=bind,
        servers="\n".join(lines),
        maxconn=maxconn,
        origin=origin,
        global_more="    log stdout format raw local0 notice\n",
        resolvers=_RESOLVERS if docker_dns else "",
        server_more=" resolvers docker init-addr libc,none" if docker_dns else "",
    )


def for_up(plan: Plan) -> str:
    """The configuration for `hydrachat up`."""
    servers = [
        Server(f"n{number}", HOST, plan.proxy_port(number), plan.http_port(number)) for number in plan.node_numbers
    ]
    return render(f"{HOST}:{plan.base_port}", servers, affordable(), "Written anew by each `hydrachat up`.", header=V2)


def for_compose() -> str:
    """The configuration that docker-compose.yml mounts; the file in docker/ is this text."""
    servers = [Server(name, name, 7901, 7801) for name in ("n1", "n2", "n3")]
    origin = "Rendered for docker-compose.yml by `python -m cluster.up.balancer`."
    return render("0.0.0.0:7700", servers, 4000, origin, docker_dns=True, header=V2)


def for_words(words: Sequence[str]) -> str:
    """The configuration for nodes that somebody else started. `words`: one of `HEADERS` if they want one, the address
    to bind, then `name=host:port:http_port` for each. Raises ValueError."""
    header, *words = words if words[0] in HEADERS else ("", *words)
    bind, *nodes = words
    servers = []
    for name, _, place in (node.partition("=") for node in nodes):
        host, port, http_port = place.rsplit(":", 2)
        servers.append(Server(name, host, int(port), int(http_port)))
    return render(bind, servers, affordable(), "Rendered by `python -m cluster.up.balancer`.", header=header)


def affordable() -> int:
    """How many clients HAProxy may take: it refuses to start when two files each are not allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return MOST_CLIENTS
    return max(10, min(MOST_CLIENTS, (hard - SPARE_FILES) // 2))


if __name__ == "__main__":
    import sys

    sys.stdout.write(for_words(sys.argv[1:]) if sys.argv[1:] else for_compose())
