"""One connection to Redis that never does anything twice.

redis-py retries ten times in silence by default, which runs scripts again; here a failure closes the
connection and is told, and the owner decides (R2). A `Link` belongs to one thread, but for `abort`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from cluster.errors import Unavailable
from cluster.mapping import connection_error

Command = Sequence[str | bytes | int | float]
Reply = Any
Identity = Callable[["Link"], str]


class Link:
    """A connection that is opened, used and closed explicitly. `timeout`: seconds for each answer."""

    def __init__(self, url: str, timeout: float, name: str) -> None:
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=0,
            client_name=name,
        )
        self._connection: Any = pool.make_connection()
        self.is_open = False
        self._finished = False

    def open(self) -> None:
        """Raises Unavailable."""
        if self._finished:
            raise Unavailable("the connection to Redis is not needed any more")
        try:
            self._connection.connect()
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error
        self.is_open = True

    def close(self) -> None:
        """Idempotent."""
        self.is_open = False
        try:
            self._connection.disconnect()
        except (RedisError, OSError):
            pass  # it was broken already, which is why it is being closed

    def abort(self) -> None:
        """Makes a blocked read fail at once. Any thread."""
        held = self.socket()
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # closed in the meantime: what was wanted

    def finish(self) -> None:
        """Like `abort`, and for good: it can't be opened again. Any thread."""
        self._finished = True
        self.abort()

    def socket(self) -> socket.socket | None:
        """The open socket, to wait on; None when closed."""
        held: socket.socket | None = self._connection._get_socket()
        return held

    def run(self, commands: Sequence[Command]) -> list[Reply]:
        """Sends all as one pipeline; replies in order, error replies as `RedisError` values.

        Raises Unavailable when the connection fails: then any of them may have been done, or none.
        """
        self.send(commands)
        return [self.read_value() for _ in commands]

    def send(self, commands: Sequence[Command]) -> None:
        """Raises Unavailable."""
        if not self.is_open:
            raise Unavailable("the connection to Redis is closed")
        try:
            self._connection.send_packed_command(self._connection.pack_commands(commands))
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error

    def has_data(self) -> bool:
        """Whether an answer has begun to arrive. Raises Unavailable."""
        try:
            return bool(self._connection.can_read(0))
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error

    def read_value(self) -> Reply:
        """One reply; an error reply is returned, not raised. Raises Unavailable."""
        try:
            return self._connection.read_response()
        except ResponseError as error:
            if self._connection._get_socket() is None:
                self.close()
                raise connection_error(error) from error
            return error
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error


def server_identity(link: Link) -> str:
    """R5: `<run id>:<replication id>` of the server behind the link. Raises Unavailable."""
    found = {}
    for reply in link.run([["INFO", "server"], ["INFO", "replication"]]):
        if isinstance(reply, RedisError):
            raise Unavailable(f"Redis does not tell its identity ({reply})")
        for line in reply.decode().splitlines():
            name, _, value = line.partition(":")
            found[name] = value.strip()
    return f"{found['run_id']}:{found['master_replid']}"
