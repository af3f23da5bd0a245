"""Calling the scripts by digest over a link."""

from __future__ import annotations

from collections.abc import Sequence

from redis.exceptions import RedisError

from cluster.errors import ClusterError
from cluster.keys import Keys
from cluster.link import Command, Link, Reply
from cluster.mapping import is_no_script, reply_error
from cluster.scripts import load
from cluster.term import Standing

Argument = str | bytes | int


class Caller:
    """Builds the commands of one node. Holds no state of its own: any thread."""

    def __init__(self, standing: Standing, keys: Keys) -> None:
        self._standing = standing
        self._key = keys.term
        self._scripts = load()

    def command(self, script: str, arguments: Sequence[Argument] = (), term: str | None = None) -> Command:
        """`term`: in which it is to be done, if not in that of our standing."""
        return ["EVALSHA", self._scripts[script].digest, 1, self._key, *self._standing.arguments(term), *arguments]

    def load_scripts(self, link: Link) -> None:
        """Those that the server lacks: together they are long. Raises Unavailable, ClusterError."""
        (found,) = _checked(link.run([["SCRIPT", "EXISTS", *(script.digest for script in self._scripts.values())]]))
        missing = [script for script, there in zip(self._scripts.values(), found, strict=True) if not there]
        _checked(link.run([["SCRIPT", "LOAD", script.text] for script in missing]))

    def call(self, link: Link, script: str, arguments: Sequence[Argument] = (), term: str | None = None) -> list[Reply]:
        """One script, its reply. Loads the scripts if the server has lost them. Raises Unavailable, ClusterError."""
        return self.call_all(link, [(script, arguments)], term)[0]

    def call_all(
        self, link: Link, calls: Sequence[tuple[str, Sequence[Argument]]], term: str | None = None
    ) -> list[list[Reply]]:
        """Several scripts as one pipeline. Raises Unavailable, ClusterError at the first that failed.

        Only for scripts that may be run again: after NOSCRIPT all of them are.
        """
        return _checked(self.try_all(link, calls, term))

    def try_all(
        self, link: Link, calls: Sequence[tuple[str, Sequence[Argument]]], term: str | None = None
    ) -> list[Reply]:
        """Like `call_all`; of those that failed the `RedisError` stands in the list. Raises Unavailable."""
        replies = link.run([self.command(*each, term) for each in calls])
        if any(isinstance(reply, RedisError) and is_no_script(reply) for reply in replies):
            self.load_scripts(link)
            replies = link.run([self.command(*each, term) for each in calls])
        return replies


def _checked(replies: list[Reply]) -> list[Reply]:
    for reply in replies:
        if isinstance(reply, RedisError):
            raise reply_error(reply)
    return replies


def status(reply: list[Reply]) -> str:
    """The first word of a script's reply."""
    if not isinstance(reply, list) or not reply:
        raise ClusterError(f"a script answered {reply!r}")
    word: bytes = reply[0]
    return word.decode()
