"""What each user of the cluster's Redis must be allowed, as rules for Redis's ACL; docs/redis.md has them for people.

What scripts do inside is judged, too: so the rules of who runs scripts that write are derived from the scripts. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cluster.scripts import load
from cluster.settings import DEFAULT_PREFIX

_CALL = re.compile(r"""redis\.p?call[(,]\s*['"](\w+)['"](?:\s*,\s*['"](\w+)['"])?""")
_FUNCTION = re.compile(r"^((?:local )?function ([\w.]+)\((?:[^\n]*\bend|.*?^end))$", re.MULTILINE | re.DOTALL)
_WITH_SUBCOMMAND = {"pubsub"}
_ONLY_ACTING = ("announce", "ban", "kick", "mend", "operator_rights", "operator_topic", "unban")
ACTING = (*_ONLY_ACTING, "end", "recover", "register_nick", "topic", "unregister_nick")
"""Scripts of the operator's commands alone, and those that they share with nodes."""
SCRIPTS = ("evalsha", "script|exists", "script|load")
LINK = ("client|setname", "info", *SCRIPTS, "subscribe", "unsubscribe")
"""What a node asks outside of scripts."""
LOOKING = (
    *(
        "client|setname",
        "exists",
        "get",
        "hexists",
        "hget",
        "hgetall",
        "hkeys",
        "hlen",
        "hmget",
        "hscan",
        "info",
        "multi",
        "exec",
    ),
    *("ping", "pttl", "pubsub|channels", "pubsub|numsub", "scan", "scard", "sismember", "smembers", "sscan", "time"),
    *("type", "xlen", "xread", "xrevrange", "zrange", "zscore", *SCRIPTS),
)
"""What operator's commands that change nothing ask, `doctor` included."""
CHANNELS = ("node:", "room:")
GROUP = ("wait",)
"""Beside it in a Sentinel group."""


@dataclass(frozen=True, slots=True)
class Rule:
    """For one user. `commands`: sorted; nothing else is allowed, and no key of another prefix. `channels`: how the
    names of the channels begin that it may use."""

    commands: tuple[str, ...]
    channels: tuple[str, ...] = ()

    def words(self, prefix: str = DEFAULT_PREFIX) -> list[str]:
        """Behind `ACL SETUSER <name> … `."""
        return [f"~{prefix}*", *self.listening(prefix), *(f"+{command}" for command in self.commands)]

    def listening(self, prefix: str = DEFAULT_PREFIX) -> list[str]:
        """Those of them about channels. Before Redis 7 a new user has all channels, and one beside them is an error."""
        return ["resetchannels", *(f"&{prefix}{channel}*" for channel in self.channels)]


def in_scripts(names: Iterable[str]) -> set[str]:
    """All commands that these scripts call; not those of a library's functions that they never use."""
    calls = (call for name in names for call in _CALL.findall(_live(load()[name].text)))
    return {_named(command.lower(), first.lower()) for command, first in calls}


def _live(text: str) -> str:
    """A script without the functions that it can't come to."""
    text = re.sub(r"--.*", "", text)
    functions = {name: whole for whole, name in _FUNCTION.findall(text)}
    live = _FUNCTION.sub("", text)
    new = live
    while new:
        named = [name for name in functions if _calls(new, name)]
        new = "\n".join(functions.pop(name) for name in named)
        live += new
    return live


def _calls(text: str, name: str) -> bool:
    """Those of a table are named with it; or looked up in there, and then each of them may be meant."""
    table, dot, _ = name.partition(".")
    return bool(re.search(rf"(?<![\w.]){re.escape(name)}\b" + (rf"|\b{table}\[" if dot else ""), text))


def _named(command: str, first: str) -> str:
    return f"{command}|{first}" if command in _WITH_SUBCOMMAND else command


@cache
def rules() -> dict[str, Rule]:
    """By role: `node`, `reader` (operator's commands that look), `operator` (all of them)."""
    node = {*LINK, *in_scripts(name for name in load() if name not in _ONLY_ACTING)}
    return {
        "node": Rule(tuple(sorted(node)), CHANNELS),
        "reader": Rule(tuple(sorted({*LOOKING}))),
        "operator": Rule(tuple(sorted({*LOOKING, *in_scripts(ACTING)})), CHANNELS),
    }
