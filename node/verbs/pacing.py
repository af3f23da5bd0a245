"""What comes too fast: a native client is told when it may come again, a plain one is read no further meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from node.addresses import HEARERS, MOST_HEARD, OF_A_JOIN
from wire import Code, WireError, frames
from wire.frames import Error

if TYPE_CHECKING:
    from node.connection import Connection
    from node.quota import Quota

COSTS: Mapping[type[Any], float] = {
    frames.Join: 1.0,
    frames.Leave: 1.0,
    frames.Rename: 1.0,
    frames.SetTopic: 1.0,
    frames.Invite: 1.0,
    frames.Remove: 1.0,
    frames.Mute: 1.0,
    frames.Unmute: 1.0,
    frames.HandOver: 1.0,
    frames.GuardRoom: 1.0,
    frames.Register: 1.0,
    frames.Unregister: 1.0,
    frames.GoAway: 1.0,
    frames.ComeBack: 1.0,
    frames.Rooms: 1.0,
    frames.Who: 0.5,
    frames.History: 0.5,
    frames.Whois: 0.25,
}
"""What a request takes of the bucket of joins: as much as it costs the others, in parts of what a join does. Of
`history` it is the least."""
OF_A_MESSAGE = 0.01
"""The same of each message that is asked for."""
QUESTIONS = frozenset({frames.History, frames.Who, frames.Rooms, frames.Whois})
"""What is answered with much. Those of one address are answered one after the other (`Address.turn`), whichever of its
sessions asks: ten threads that read and render would keep the interpreter from those who talk."""
TRIFLE = 0.02
"""The same of what is cheap, and is answered in any case."""
AGAIN = 0.25
"""What saying again costs of a message: after a loss of data everybody says again what he said within a minute."""
ACKS, HELPS, BLANKS = 1.0, 10.0, 10.0
"""What these take of the trifles of their address (`Address.trifle`)."""
STRANGER = 0.05
"""Seconds until who has not come in yet is told that a line of his is not understood."""
LOOK = 1.0
"""Seconds after which it is looked whether somebody who has to wait is there still."""
_SIZES = {Code.TEXT_TOO_LONG: "max_text", Code.FRAME_TOO_LONG: "max_frame"}
_TOO_FAST = "too much at once; say it again in {} ms"
_SLOWED = "you are faster than this chat allows; your lines wait their turn"


def count_refused(connection: Connection, error: WireError) -> None:
    """Counts what is longer than it may be."""
    if error.code in _SIZES:
        connection.house.limited.hit(_SIZES[error.code], connection.peer)


def say_too_fast(connection: Connection, quota: Quota, n: int, *, again: bool) -> Error | None:
    """Whether message `n` of a native client comes too soon: the answer. None: it is taken. `again`: it was accepted
    before."""
    wait = quota.say(n, time.monotonic(), AGAIN if again else 1.0)
    if wait <= 0:
        return None
    _hold_back(connection, quota, wait)
    return _refusal(connection, quota.why_not_said, wait, n=n)


def say_in_step(connection: Connection, quota: Quota, to: str) -> bool:
    """The same as `in_step` of a message, which is spread over its session's next moment as well. `to`: as it is
    compared."""
    address, now = connection.address, time.monotonic()
    if address is None:
        return True
    hearers = connection.house.rooms.crowd(to)
    wait = max(address.pace(now, min(max(1.0, hearers / HEARERS), MOST_HEARD)), quota.pace(now))
    return wait <= 0 or _wait(connection, now + wait)


def in_step(connection: Connection, cost: float = 1.0) -> bool:
    """Blocks while more of its address is on its way than is carried out evenly. False: there is nobody to wait for
    any more. `cost`: in messages."""
    wait = connection.address.pace(time.monotonic(), cost) if connection.address is not None else 0.0
    return wait <= 0 or _wait(connection, time.monotonic() + wait)


def ask_too_fast(connection: Connection, event: Any) -> bool:
    """Whether a request comes too soon; then it was answered. A plain client's waits here instead."""
    session, cost = connection.session, cost_of(event)
    if session is None or cost is None:
        return False
    quota = session.quota
    if not connection.native:
        taken = patient(connection, lambda: quota.ask(cost, time.monotonic()), lambda: quota.why_not_asked)
        return not (taken and _await_turn(connection, event, cost))
    wait = quota.ask(cost, time.monotonic())
    if wait > 0:
        _hold_back(connection, quota, wait)
        connection.tell(_refusal(connection, quota.why_not_asked, wait, id=event.id))
        return True
    _share(connection)
    return not _await_turn(connection, event, cost)


def cost_of(event: Any) -> float | None:
    """Of the bucket of joins; None: it costs nothing."""
    cost = COSTS.get(type(event))
    return max(cost or 0.0, event.limit * OF_A_MESSAGE) if isinstance(event, frames.History) else cost


def _await_turn(connection: Connection, event: Any, cost: float) -> bool:
    """Blocks while other questions of its address are answered. False: there is nobody to answer any more."""
    if type(event) not in QUESTIONS:
        return in_step(connection, cost * OF_A_JOIN)
    if connection.address is None:
        return True
    now = time.monotonic()
    return _wait(connection, now + connection.address.turn(now, cost))


def _wait(connection: Connection, until: float) -> bool:
    """Blocks until then. False: there is nobody to wait for any more."""
    while (left := until - time.monotonic()) > 0:
        if connection.outbox.finishing or connection.house.standing.leaving.wait(min(left, LOOK)):
            return False
    return True


def patient(connection: Connection, take: Callable[[], float], limit: Callable[[], str]) -> bool:
    """Blocks until `take` says 0, and tells once that it does. False: there is nobody to wait for any more."""
    assert connection.session is not None
    quota, leaving = connection.session.quota, connection.house.standing.leaving
    while (wait := take()) > 0:
        answer = _refusal(connection, limit(), wait)
        if not quota.slowed:
            quota.slowed = True
            connection.tell(Error(code=answer.code, text=_SLOWED))
        if connection.gone:
            connection.outbox.finish()  # nor for what else it has sent
        if connection.outbox.finishing or leaving.wait(min(wait, LOOK)):
            return False
    return True


def breathe(connection: Connection) -> None:
    """Before what costs next to nothing, and is answered in any case: too much of it is answered slowly, and to who has
    no session, and so no bucket, all of it."""
    wait = STRANGER
    if connection.session is not None:
        wait = connection.session.quota.ask(TRIFLE, time.monotonic())
    if wait > 0:
        connection.house.standing.leaving.wait(min(wait, LOOK))


def in_passing(connection: Connection, cost: float) -> bool:
    """Before what costs little and has no limit of its own: all of it from one address waits for its turn where it is
    too much; who has no session waits in any case. False: there is nobody to wait for any more."""
    if connection.session is None:
        wait = STRANGER
    else:
        wait = connection.address.trifle(time.monotonic(), cost) if connection.address is not None else 0.0
    return wait <= 0 or _wait(connection, time.monotonic() + wait)


def _hold_back(connection: Connection, quota: Quota, wait: float) -> None:
    """Who does not heed what he is told is not read meanwhile: else answering him would take the node's time."""
    if quota.heedless(connection.house.settings.window):
        connection.house.standing.leaving.wait(min(wait, LOOK))


def _share(connection: Connection) -> None:
    """The session's bucket of joins goes with it, wherever it is resumed."""
    session = connection.session
    assert session is not None
    ahead = session.quota.asked(time.monotonic())
    if ahead:
        connection.house.cluster.pace(session.id, session.claim, ahead)


def _refusal(
    connection: Connection,
    limit: str,
    wait: float,
    *,
    n: int | None = None,
    id: int | None = None,  # noqa: A002 - the field's name on the wire
) -> Error:
    connection.house.limited.hit(limit, connection.peer)
    after = math.ceil(wait * 1000)
    return Error(code=Code.RATE_LIMITED, text=_TOO_FAST.format(after), n=n, id=id, after=after)
