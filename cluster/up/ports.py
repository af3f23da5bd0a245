"""Are the ports free?"""

from __future__ import annotations

import errno
import socket

from cluster.operator.errors import BadSetting
from cluster.up.plan import HOST, Plan


def check(plan: Plan) -> None:
    """Raises BadSetting for the first port that can't be listened on."""
    for port, purpose in plan.ports():
        reason = trouble(port)
        if reason:
            raise BadSetting(
                f"port {port}, for {purpose}, {reason}; choose another base port "
                f"(--port or HYDRACHAT_BASE_PORT, now {plan.base_port})"
            )


def trouble(port: int) -> str:
    """Why `port` can't be listened on; empty if it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers themselves do: connections of a former run in TIME_WAIT don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            return "is in use" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
    return ""


def answers(port: int) -> bool:
    """Whether somebody accepts connections on `port` of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0
