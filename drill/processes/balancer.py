"""HAProxy on the project's own template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drill.processes import programs
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port, is_listening
from drill.processes.process import Process
from drill.processes.waiting import wait_until


class BalancerProcess(Process):
    """`servers`: (name, port to send clients to, port of the health page) of each node. `header`: send-proxy or
    send-proxy-v2, by which they learn where clients come from; `also`: more addresses to bind. Raises CannotRun."""

    def __init__(
        self,
        program: str,
        servers: Sequence[tuple[str, int, int]],
        folder: Path,
        launcher: Launcher | None = None,
        header: str = "",
        also: Sequence[str] = (),
    ) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "haproxy.cfg"
        words = [f"{name}={HOST}:{port}:{http_port}" for name, port, http_port in servers]
        bind = ",".join([self.address, *(f"[{host}]:{self.port}" for host in also)])
        config.write_text(programs.output_of("cluster.up.balancer", *([header] if header else []), bind, *words))
        super().__init__("balancer", [program, "-db", "-f", str(config)], folder, launcher)

    def start(self) -> None:
        """Returns when it listens. Raises OSError, TimeoutError."""
        super().start()
        wait_until(lambda: is_listening(self.port), what=f"the balancer listens\n{self.tail()}")
