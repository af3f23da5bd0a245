"""How an operator's command writes: by a script of the cluster's, at once, whether nodes are up or not.

A command is no node: it has no lease, no sessions, and is not awaited by anybody. But it obeys R5 like one: it writes
only in a term of the data that it found, and where the data are another life's than the term it waits until a node has
opened one, or opens one itself where no node comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from redis.exceptions import RedisError

from cluster.calls import Argument, Caller, status
from cluster.errors import ClusterError, NotDone, Unavailable
from cluster.group import without_password
from cluster.keys import Keys
from cluster.link import Command, Identity, Link, Reply, server_identity
from cluster.mapping import reply_error
from cluster.operator.errors import BadSetting, Failed, RedisUnreachable
from cluster.operator.read import glob_escaped
from cluster.operator.url import nobody_there
from cluster.settings import SCHEMA, ClusterSettings
from cluster.term import Standing, new_boot, new_nonce
from cluster.witness import Witness

NODES_OPEN_WITHIN = 10.0
"""Seconds in which a living node notices that Redis has begun a new life, and opens a term."""
PATIENCE = 30.0
TIMEOUT = 5.0
"""Seconds for each answer of Redis."""
LOOK_EVERY = 0.1
UNTRIMMED = 10**9
"""Entries: how long a room's log may be is its nodes' to say."""


Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tells nobody."""


class Desk:
    """One command's connection. Main thread; blocks. Where nothing else is said: raises RedisUnreachable, Failed.
    `tell` hears what is waited for, as soon as that is known and whenever it becomes something else."""

    def __init__(self, link: Link, prefix: str, identity: Identity = server_identity, tell: Tell = silent) -> None:
        settings = ClusterSettings("operator", "", prefix, retain=UNTRIMMED)
        self._link = link
        self._keys = Keys(prefix)
        self._identity = identity
        self._tell = tell
        self._told = ""
        self._caller = Caller(Standing(settings, new_boot()), self._keys)

    def open(self) -> None:
        """Raises Unavailable, ClusterError."""
        self._link.open()
        self._caller.load_scripts(self._link)

    def ask(self, *commands: Command) -> list[Reply]:
        """Plain commands. Raises Unavailable, ClusterError."""
        replies = self._link.run(commands)
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply_error(reply)
        return replies

    def do(self, script: str, arguments: Sequence[Argument] = ()) -> list[Reply]:
        """The script's reply, once it was carried out. Raises Unavailable (it may have been carried out, or not),
        ClusterError, Failed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            reply = self._caller.call(self._link, script, arguments, self._term())
            if status(reply) not in ("recover", "wait"):
                self._hear_witness()
                return reply
            self._wait("the nodes bring back what Redis has lost")
        raise Failed("the cluster is still bringing back what Redis has lost; nothing was done, try again")

    def do_again(self, script: str, arguments: Sequence[Argument] = ()) -> list[Reply]:
        """`do` for what may be asked again and is done once all the same: also where Redis goes away meanwhile, for
        as long as `PATIENCE`. Raises NotDone only if it can't have been done at any try."""
        until, in_doubt = time.monotonic() + PATIENCE, False
        while True:
            try:
                if not self._link.is_open:
                    self.open()
                return self.do(script, arguments)
            except Unavailable as error:
                in_doubt = in_doubt or not isinstance(error, NotDone)
                self._link.close()
                if time.monotonic() >= until:
                    raise (Unavailable(str(error)) if in_doubt else error) from error
                self._wait(f"{error}; tried again for {PATIENCE:g} s")

    def _wait(self, what: str) -> None:
        """A moment, because of that."""
        if what != self._told:
            self._told = what
            self._tell(what)
        time.sleep(LOOK_EVERY)

    @property
    def keys(self) -> Keys:
        return self._keys

    def _hear_witness(self) -> None:
        """Of a Sentinel group: what no replica has would go with the master. Raises Unavailable."""
        if self._link.is_group:
            witness = Witness(self._link, self._keys.witness, TIMEOUT)
            self._link.send(witness.commands)
            witness.hear()

    def _term(self) -> str:
        """The present term. Opens one where it is missing and no node does."""
        until = time.monotonic() + (NODES_OPEN_WITHIN if self._has_nodes() else 0.0)
        while True:
            server = self._identity(self._link)
            ((term, found, state),) = self.ask(["HMGET", self._keys.term, "term", "server", "state"])
            if term and found == server.encode() and state in (b"open", b"recovering"):
                return str(term.decode())
            if time.monotonic() >= until:
                return self._opened(server)
            self._wait("Redis has begun a new life of its data, which no node has taken in yet")

    def _has_nodes(self) -> bool:
        """Whether there may be one that lives: the data know some, or some listen."""
        pattern = glob_escaped(f"{self._keys.prefix}node:") + "*"
        known, listening = self.ask(["EXISTS", self._keys.term, self._keys.nodes], ["PUBSUB", "CHANNELS", pattern])
        return bool(known or listening)

    def _opened(self, server: str) -> str:
        reply = self._caller.call(self._link, "recover", [server, new_nonce(), SCHEMA, ""], "")
        if status(reply) == "schema":
            raise Failed(
                f"the data in Redis has schema {int(reply[1])}, this version knows {SCHEMA}: upgrade Hydrachat"
            )
        return str(reply[1].decode())


def on_stderr(what: str) -> None:
    """For commands: an operator who waits sees why."""
    click.echo(f"waiting: {what}", err=True)


@contextmanager
def desk(url: str, prefix: str, tell: Tell = on_stderr) -> Iterator[Desk]:
    """A desk at that Redis. Errors inside the block become RedisUnreachable or Failed, with the address but not its
    password. Raises BadSetting."""
    shown = without_password(url)
    try:
        link = Link(url, TIMEOUT, "hydrachat-operator")
    except ValueError as error:
        raise BadSetting(f"--redis {shown}: {error}") from error
    at = Desk(link, prefix, tell=tell)
    try:
        _reach(at, shown)
        yield at
    except NotDone as error:
        text = f"Redis at {shown} takes no writes now: {error}; `hydrachat doctor` says why, then try again"
        raise RedisUnreachable(text) from error
    except Unavailable as error:
        text = f"Redis at {shown} went away: {error}; whether it was done is not known, look and try again"
        raise RedisUnreachable(text) from error
    except ClusterError as error:
        raise Failed(f"Redis at {shown} refused: {error}") from error
    finally:
        link.close()


def _reach(at: Desk, shown: str) -> None:
    try:
        at.open()
    except ClusterError as error:
        raise RedisUnreachable(f"Redis at {shown} can't be used: {error}{nobody_there(shown, str(error))}") from error
