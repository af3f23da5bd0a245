"""A Redis Sentinel: it watches a master and promotes a replica when that is gone."""

from __future__ import annotations

from pathlib import Path

import redis

from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port
from drill.processes.process import Process
from drill.processes.waiting import wait_until

GROUP = "mymaster"
QUORUM = 2
DOWN_AFTER = 1000
"""Milliseconds without an answer until a Sentinel takes a server for dead."""
FAILOVER_WITHIN = 3000


class SentinelProcess(Process):
    """`master`: the port under which everybody reaches the first master."""

    def __init__(self, program: str, name: str, master: int, folder: Path, launcher: Launcher | None = None) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {self.port}\nbind {HOST}\ndir {folder}\n"
            f"sentinel monitor {GROUP} {HOST} {master} {QUORUM}\n"
            f"sentinel down-after-milliseconds {GROUP} {DOWN_AFTER}\n"
            f"sentinel failover-timeout {GROUP} {FAILOVER_WITHIN}\n"
            f"sentinel parallel-syncs {GROUP} 2\n"
        )
        super().__init__(name, [program, str(config), "--sentinel"], folder, launcher)

    def start(self) -> None:
        """Returns when it names a master. Raises OSError, TimeoutError."""
        super().start()
        wait_until(self.master_port, 30.0, f"{self.name} answers")

    def master_port(self) -> int:
        """Whom it takes for the master; 0 if it does not answer."""
        with redis.Redis(port=self.port, decode_responses=True, socket_timeout=2.0) as client:
            try:
                found = client.execute_command("SENTINEL", "get-master-addr-by-name", GROUP)
            except (redis.RedisError, OSError):
                return 0
        return int(found[1]) if found else 0

    def is_settled(self, replicas: int, sentinels: int) -> bool:
        """Whether it knows of so many replicas and Sentinels (with itself), and of no trouble."""
        with redis.Redis(port=self.port, decode_responses=True, socket_timeout=2.0) as client:
            try:
                told = client.execute_command("SENTINEL", "MASTER", GROUP)
            except (redis.RedisError, OSError):
                return False
        row = told if isinstance(told, dict) else dict(zip(told[::2], told[1::2], strict=True))
        known = (int(row["num-slaves"]), int(row["num-other-sentinels"]) + 1)
        return known >= (replicas, sentinels) and row["flags"] in ("master", {"master"})
