"""One connection to Redis that never does anything twice.

redis-py retries ten times in silence by default, which runs scripts again; here a failure closes the
connection and is told, and the owner decides (R2). A `Link` belongs to one thread, but for `abort` and its kin.
Where the URL means a Sentinel group, each opening asks the sentinels where the master is.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from cluster import group
from cluster.errors import Unavailable
from cluster.mapping import connection_error, is_no_master
from cluster.newest import Newest
from cluster.sentinels import Sentinels

Command = Sequence[str | bytes | int | float]
Reply = Any
Identity = Callable[["Link"], str]
OLDEST = (6, 2)


class Link:
    """A connection that is opened, used and closed explicitly. `timeout`: seconds for each answer. `newest`: what all
    links of a process to the same group have been told."""

    def __init__(self, url: str, timeout: float, name: str, newest: Newest | None = None) -> None:
        self._timeout = timeout
        self._name = name
        self._group = group.parsed(url) if group.is_group(url) else None
        self._sentinels = Sentinels(self._group, timeout, newest=newest) if self._group else None
        self._master: group.Address | None = None  # of a group: where this link leads
        self._connection: Any = None if self._group else self._made(url)
        self.is_open = False
        self._finished = False

    def _made(self, url: str) -> Any:
        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self._timeout,
            socket_connect_timeout=self._timeout,
            health_check_interval=0,
            client_name=self._name,
        )
        connection: Any = pool.make_connection()
        # What the library says of itself is two more answers to wait for, and a heartbeat that was lost has no time.
        connection.driver_info = connection.lib_name = connection.lib_version = None
        return connection

    def open(self) -> None:
        """Raises Unavailable."""
        if self._finished:
            raise Unavailable("the connection to Redis is not needed any more")
        self._head_for_master()
        try:
            self._connection.connect()
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error
        self.is_open = True
        if self._group:
            self._check_role()

    def _head_for_master(self) -> None:
        """Of a group; each time anew, since it may be another one by now. Raises Unavailable."""
        if self._group and self._sentinels:
            master = self._sentinels.master()
            self._sentinels.close()  # the next opening may be far
            self._connection = self._made(self._group.server_url(master))
            self._master = master

    def _check_role(self) -> None:
        """What the sentinels name may have been demoted, or not be promoted yet. Raises Unavailable."""
        (told,) = self.run([["INFO", "replication"]])
        if isinstance(told, RedisError) or b"role:master" not in told.split():
            self.close()
            what = told if isinstance(told, RedisError) else "it is a replica"
            raise Unavailable(f"the server that the sentinels name is no master ({what})")

    @property
    def is_group(self) -> bool:
        """Whether it leads to a Sentinel group. Any thread."""
        return self._group is not None

    def leave_unless(self, master: group.Address) -> bool:
        """Like `abort`, if the link leads to another server of the group. Returns whether it does. Any thread."""
        astray = self._master not in (None, master)
        if astray:
            self.abort()
        return astray

    def close(self) -> None:
        """Idempotent."""
        self.is_open = False
        try:
            if self._connection is not None:
                self._connection.disconnect()
        except (RedisError, OSError):
            pass  # it was broken already, which is why it is being closed

    def abort(self) -> None:
        """Makes a blocked read fail at once. Any thread."""
        held = self.socket()
        if held is not None:
            try:
                # The plain one below TLS: that of an SSLSocket makes it forget that it speaks TLS while it is read.
                socket.socket.shutdown(held, socket.SHUT_RDWR)
            except OSError:
                pass  # closed in the meantime: what was wanted

    def finish(self) -> None:
        """Like `abort`, and for good: it can't be opened again. Any thread."""
        self._finished = True
        self.abort()

    def socket(self) -> socket.socket | None:
        """The open socket, to wait on; None when closed."""
        connection = self._connection
        held: socket.socket | None = None if connection is None else connection._get_socket()
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

    def read_value(self) -> Reply:
        """One reply; an error reply is returned, not raised. Raises Unavailable."""
        try:
            return self._connection.read_response()
        except ResponseError as error:
            if self._connection._get_socket() is None:
                self.close()
                raise connection_error(error) from error
            if self._group and is_no_master(error):
                self.close()  # whatever else was asked here is asked again, of the right one
                raise connection_error(error) from error
            return error
        except (RedisError, OSError) as error:
            self.close()
            raise connection_error(error) from error


def server_identity(link: Link) -> str:
    """R5: `<run id>:<replication id>` of the server behind the link. Raises Unavailable, also for a server that is too
    old: scripts would fail in the middle."""
    found = {}
    for reply in link.run([["INFO", "server"], ["INFO", "replication"]]):
        if isinstance(reply, RedisError):
            raise Unavailable(f"Redis does not tell its identity ({reply})")
        for line in reply.decode().splitlines():
            name, _, value = line.partition(":")
            found[name] = value.strip()
    if is_too_old(found.get("redis_version", "")):
        raise Unavailable(f"Redis is {found['redis_version']}; 6.2 or later is needed")
    return f"{found['run_id']}:{found['master_replid']}"


def is_too_old(version: str) -> bool:
    """Whether a Redis of that version lacks what the scripts need; Valkey says of itself which Redis it can stand for.
    '': not known."""
    numbers = tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])
    return bool(version) and numbers < OLDEST
