"""What the user's calls become: checked arguments, and commands for the network thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from client.actions import Action
from client.errors import Refused
from client.failover import Failover
from client.network import Command
from client.requests import Requests
from wire.errors import WireError
from wire.names import Nick, destination

Result = TypeVar("Result")


def addressee(to: str) -> str:
    where = destination(to)
    return f"@{where.shown}" if isinstance(where, Nick) else where


def valid(rule: Callable[[str], Result], given: str) -> Result:
    """Raises Refused for what breaks the rule, TypeError for what is no text at all."""
    if not isinstance(given, str):
        raise TypeError(f"a str is wanted, not {type(given).__name__} ({given!r:.40})")
    try:
        return rule(given)
    except WireError as error:
        raise Refused(error.code, error.text) from error


def saying(machine: Failover, ticket: int, to: str, text: str, now: float) -> list[Action]:
    machine.conversation.say(ticket, to, text)
    return machine.tick(now)


def asking(question: Callable[[Requests, int], None], ticket: int) -> Command:
    def command(machine: Failover, now: float) -> list[Action]:
        question(machine.conversation.stay.requests, ticket)
        return machine.tick(now)

    return command
