"""A Redis with users of the rules in `cluster.acl`, and what each of them really does there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from cluster.acl import rules
from hydrachat import cli
from tests.support.acl_watch import Watch
from tests.support.deployment import Deployment
from tests.support.servers import Node

PASSWORD = "pass-of-"


class Ruled(Deployment):
    """Nodes and operators as users of their own."""

    watch: Watch
    _is_watched = False

    def __enter__(self) -> Ruled:
        super().__enter__()
        return self

    def make_node(self, name: str, redis_url: str | None = None, flags: Any = ()) -> Node:
        """As the user `node`, whose password it reads from a file."""
        file = self.folder / "password"
        file.write_text(f"{PASSWORD}node\n")
        login = ["--redis-user", "node", "--redis-password-file", str(file)]
        return super().make_node(name, redis_url, [*login, *flags])

    def start(self) -> None:
        self.redis.start()
        self.watch = Watch(self.redis.port)
        self._is_watched = True
        for role in rules():
            self.allow(role)
        self.start_nodes()

    def discard(self) -> None:
        self.stop_watching()
        super().discard()

    def stop_watching(self) -> None:
        """Idempotent."""
        if self._is_watched:
            self._is_watched = False
            self.watch.close()

    def url(self, role: str) -> str:
        return f"redis://{role}:{PASSWORD}{role}@127.0.0.1:{self.redis.port}/0"

    def allow(self, role: str, *more: str) -> None:
        """The rule of the role, as docs/redis.md has it, and `more`."""
        with self.client() as admin:
            admin.execute_command(
                "ACL", "SETUSER", role, "reset", "on", f">{PASSWORD}{role}", *rules()[role].words(), *more
            )

    def refused(self) -> list[dict[str, Any]]:
        """What Redis did not let its users do."""
        with self.client() as admin:
            rows: list[dict[str, Any]] = admin.acl_log()
            return [row for row in rows if row["username"] in rules()]

    def run(self, role: str, *words: str) -> tuple[int, str]:
        """`hydrachat WORDS` as that user, or as an administrator (""): its exit code and what it said."""
        # In our process, which has imported all of it: a dozen starts of Python would be most of a test's time.
        env = {"HYDRACHAT_REDIS": self.url(role) if role else self.redis.url}
        done = CliRunner().invoke(cli.hydrachat, words, env=env, standalone_mode=False)
        if isinstance(done.exception, click.ClickException):
            return done.exception.exit_code, done.exception.format_message()
        assert done.exception is None, done.exc_info
        return done.return_value or 0, done.output


@contextmanager
def ruled(program: str, folder: Path, **settings: Any) -> Iterator[Ruled]:
    """It is up inside of the block."""
    with Ruled(program, folder, **settings) as cluster:
        yield cluster
