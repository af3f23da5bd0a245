"""The overview that `up` prints once all was started."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cluster.operator import table
from cluster.operator.url import BASE_PORT, without_password
from cluster.up.plan import HOST, OF_A_GROUP, Plan

NAME = "hydrachat"
GROUP_OF = range(1, OF_A_GROUP + 1)


def overview(plan: Plan, states: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Prints a table (node, address, state), how to join, how to look into Redis."""
    rows = [(name, f"{HOST}:{plan.base_port + int(name[1:])}", state) for name, state in states.items()]
    if plan.balancer:
        rows.append(("balancer", f"{HOST}:{plan.base_port}", "running"))
    if plan.group:
        rows += [(f"redis{number}", f"{HOST}:{plan.group_port(number)}", "running") for number in GROUP_OF]
        rows += [(f"sentinel{number}", f"{HOST}:{plan.sentinel_port(number)}", "running") for number in GROUP_OF]
    else:
        rows.append(("redis", without_password(plan.redis_url).split("//")[-1].removeprefix(":***@"), "running"))
    say("")
    table.show(("node", "address", "state"), rows)
    say("")
    for line in hints(plan):
        say(line)
    say("")


def called() -> str:
    """How this program was called, so that the hints can be copied: its name, or its path where PATH
    does not lead to it."""
    here = Path(sys.argv[0])
    if here.name != NAME:
        return NAME
    found = shutil.which(NAME)
    return NAME if found and Path(found).resolve() == here.resolve() else sys.argv[0]


def hints(plan: Plan) -> list[str]:
    """What to do next."""
    port = "" if plan.base_port == BASE_PORT else f" --port {plan.base_port}"
    server = "" if plan.base_port == BASE_PORT else f" --server {plan.entrance()}"
    host, _, number = plan.entrance().rpartition(":")
    us = called()
    tls = " --tls" if plan.tls else ""
    lines = [
        f"Join:   {us} join alice{server}{tls}",
        f"        openssl s_client -quiet -connect {host}:{number}" if tls else f"        nc {host} {number}",
        f"Look:   {us} who{port}",
        f"        {us} redis-cli{port} HGETALL '{{hydrachat}}:presence'",
        f"Data:   {plan.data} (logs in log/)",
        "Stop:   Ctrl-C",
    ]
    if tls:
        lines.insert(
            1, f"        (--tls-name NAME: whom the certificate is for, if not {host}; --tls-ca FILE: who signed it)"
        )
    if not plan.balancer:
        lines.insert(0, f"No balancer is running: the address to use is that of n1, {plan.entrance()}.")
    return lines
