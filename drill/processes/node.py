"""A chat node, started with the command that one gives it."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_base
from drill.processes.process import Process
from drill.processes.waiting import wait_until

COMMAND = (sys.executable, "-m", "node")
START_WITHIN = 30.0
ASK_WITHIN = 2.0


class NodeProcess(Process):
    """`flags`: whatever its command takes beside its name, addresses and Redis."""

    def __init__(
        self,
        name: str,
        redis_url: str,
        folder: Path,
        flags: Sequence[str] = (),
        command: Sequence[str] = COMMAND,
        launcher: Launcher | None = None,
    ) -> None:
        self.port = free_base((0, 1))
        self.http_port = self.port + 1
        self.address = f"{HOST}:{self.port}"
        self.http_address = f"{HOST}:{self.http_port}"
        words = ["--id", name, "--listen", self.address, "--http", self.http_address, "--redis", redis_url]
        self._command = list(command)
        super().__init__(name, [*command, *words, "--log-format", "json", *flags], folder, launcher)

    def run_as(self, command: Sequence[str]) -> None:
        """When it is started next: by another command, with the same options."""
        self.argv[: len(self._command)] = command
        self._command = list(command)

    def runs_as(self, command: Sequence[str]) -> bool:
        """Whether that is its command."""
        return self._command == list(command)

    def ready_code(self) -> int:
        """What /readyz answers; 0 for nothing."""
        return http_code(f"http://{self.http_address}/readyz")

    def wait_up(self) -> None:
        """Until it answers at all, ready or not: Redis may be away. Raises TimeoutError with the end of its log."""
        wait_until(lambda: self.ready_code() or not self.alive, START_WITHIN, f"{self.name} answers")
        if not self.alive:
            raise TimeoutError(f"{self.name} ended as it began:\n{self.tail()}")

    def wait_ready(self, code: int = 200, within: float = START_WITHIN) -> None:
        """Until /readyz answers `code`. Raises TimeoutError."""
        wait_until(lambda: self.ready_code() == code, within, f"/readyz of {self.name} is {code}")


def http_code(url: str) -> int:
    """The status of a GET; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_WITHIN) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0
