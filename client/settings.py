"""Numbers of the client, all in seconds unless they say otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """How patient a client is. The defaults fit people and bots alike."""

    connect_timeout: float = 3.0
    welcome_timeout: float = 5.0
    backoff_base: float = 0.1
    backoff_cap: float = 5.0
    longest_wait: float = 10.0  # whatever a node says about when to come back
    retry_cap: float = 2.0  # between two tries of a `say` that a node could not take
    quit_timeout: float = 2.0  # for the `bye`
    flush_timeout: float = 5.0  # at the end of a `with`, for the outcomes of what was said
    ack_after: float = 0.25
    ack_every: int = 64  # entries
    searching_after: float = 3.0  # of outage, until the user is told
    catch_up_timeout: float = 2.0  # after a move, until the user is told without a promise
    ghost_time: float = 45.0  # how long an unanswered hello of ours may hold the nickname
    renew_within: float = 90.0  # of a lost session's first refusal, until its nickname is given up
    lived: float = 2.0  # a connection that lived less counts as a failed attempt
    window: int = 64  # `say` unanswered
    kept: int = 128  # `say` with an outcome, remembered in case the cluster loses its newest data
    kept_for: float = 60.0  # what was accepted is said again if the cluster's data begin a new life so soon after
    kept_most: int = 4096  # how many of them
    kept_bytes: int = 4 << 20  # and their text
    again_within: float = 1.0  # of the sign of a new life, so that not all clients come at once
    backlog: int = 1000  # `say` waiting in all
    unread: int = 10_000  # events nobody took yet, then the socket is not read
    remembered: int = 4096  # blocks of 64 message identities a log
