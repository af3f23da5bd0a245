"""say: to a room, or to one person."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Degraded, Fenced, LeaseLost, Refused, Stopped
from cluster.types import Position, Publication, Published, Reason
from node.session import Session
from node.verbs.pacing import count_refused, patient, say_in_step, say_too_fast
from node.verbs.refusals import fenced, refusal
from wire import Code, Nick, WireError, check, destination
from wire.frames import Accepted, Error, Say
from wire.plain import private_copy

if TYPE_CHECKING:
    from node.connection import Connection
    from node.house import House

RETRY = 0.3
"""Seconds until a plain client's line is tried again."""


def say(connection: Connection, frame: Say) -> None:
    session = connection.session
    assert session is not None
    if not connection.native:
        _say_plain(connection, session, frame)
        return
    try:
        check(frame.text, connection.house.settings.max_text)
        to = destination(frame.to)
    except WireError as error:
        count_refused(connection, error)
        refuse(connection, frame.n, error, Reason[error.code.name])
        return
    answer = _Answer(connection, session, frame.n, _shown(to))
    again = Position(*frame.again) if frame.again else None
    _submit(answer, _mapped(to), frame.text, frame.holder or "", again=again)


def refuse(connection: Connection, n: int, error: WireError, reason: Reason) -> None:
    """Uses up n for something that can't be said: every n is consumed exactly once (R1)."""
    session = connection.session
    assert session is not None
    _submit(_Answer(connection, session, n, "", error), "", "", "", refused=reason)


class _Answer:
    """Awaits the outcome of one `say` of a native client. Called on the publisher's thread."""

    __slots__ = ("connection", "error", "n", "session", "to")

    def __init__(
        self, connection: Connection, session: Session, n: int, to: str, error: WireError | None = None
    ) -> None:
        self.connection = connection
        self.session = session
        self.n = n
        self.to = to
        self.error = error  # what we refuse it for ourselves

    def __call__(self, outcome: Published | ClusterError) -> None:
        _remember(self.connection, self.session, self.n, outcome)
        # First of all: who reads this answer may say the next one at once.
        self.session.answered += 1
        self._tell(outcome)
        self.session.tell()

    def _tell(self, outcome: Published | ClusterError) -> None:
        if isinstance(outcome, Published):
            log = outcome.log if outcome.log.startswith("#") else self.to
            where = outcome.position
            self.connection.tell(Accepted(n=self.n, log=log, epoch=where.epoch, offset=where.offset, time=outcome.time))
        elif isinstance(outcome, Fenced):
            self.connection.dismiss(fenced(outcome))
        elif self.error is not None and _is_final(outcome):
            self.connection.tell(Error(code=self.error.code, text=self.error.text, n=self.n))
        else:
            self.connection.tell(refusal(outcome, n=self.n))


def _submit(
    answer: _Answer, to: str, text: str, holder: str, *, refused: str = "", again: Position | None = None
) -> None:
    connection, session = answer.connection, answer.session
    house = connection.house
    if session.unanswered >= house.settings.window:
        text = f"{house.settings.window} messages wait for their answer; say this one again after one came"
        house.metrics.put_off.inc()
        connection.tell(Error(code=Code.WINDOW_FULL, text=text, n=answer.n))
        return
    too_fast = say_too_fast(connection, session.quota, answer.n, again=again is not None)
    if too_fast is not None:
        house.metrics.put_off.inc()
        connection.tell(too_fast)
        return
    if not say_in_step(connection, session.quota, to):
        return
    session.said += 1
    house.metrics.delay.taken(session.id, answer.n)
    try:
        ahead = session.quota.said(time.monotonic())
        said = Publication(answer.n, to, text, holder=holder, refusal=refused, again=again, ahead=ahead)
        house.cluster.publish(session.id, session.claim, said, answer)
    except (Degraded, Stopped) as error:
        session.said -= 1
        _remember(connection, session, answer.n, error)
        connection.tell(refusal(error, n=answer.n))


def _remember(connection: Connection, session: Session, n: int, outcome: Published | ClusterError) -> None:
    house = connection.house
    if isinstance(outcome, Published):
        session.published(outcome)
        house.metrics.accepted.inc()
        house.metrics.delay.settled(session.id, n, outcome.log, outcome.position, house.rooms.place)
    else:
        _remember_failed(house, session, n, outcome)
    if house.trace is not None:
        house.trace.settled(session.id, n, outcome)


def _remember_failed(house: House, session: Session, n: int, outcome: ClusterError) -> None:
    if isinstance(outcome, Refused) and _is_final(outcome):
        session.consumed(n)
        house.metrics.refused.inc()
    else:
        house.metrics.put_off.inc()
    house.metrics.delay.settled(session.id, n, "", None, house.rooms.place)


def _is_final(outcome: ClusterError) -> bool:
    """Whether the refusal used up its n."""
    passing = (Reason.OUT_OF_ORDER, Reason.INBOX_FULL)
    return isinstance(outcome, Refused) and outcome.reason not in passing


def _shown(to: Nick | str) -> str:
    return f"@{to.shown}" if isinstance(to, Nick) else to


def _mapped(to: Nick | str) -> str:
    return f"@{to.mapped}" if isinstance(to, Nick) else to


# -- plain ------------------------------------------------------------------------------------
# A plain client can't say a line again, so the node does, one line at a time, and reads no further
# meanwhile: what is not read waits in the sender's own kernel. Its n are the node's to give.


def _say_plain(connection: Connection, session: Session, frame: Say) -> None:
    quota = session.quota
    if not patient(connection, lambda: quota.say(0, time.monotonic()), lambda: quota.why_not_said):
        return
    try:
        check(frame.text, connection.house.settings.max_text)
        to = destination(frame.to)
    except WireError as error:
        count_refused(connection, error)
        connection.tell(error.to_frame())
        return
    if not say_in_step(connection, quota, _mapped(to)):
        return
    outcome = _persist(connection, session, _mapped(to), frame.text)
    if isinstance(outcome, Published):
        if isinstance(to, Nick):
            connection.outbox.offer(private_copy(to.shown, frame.text))
    elif isinstance(outcome, Fenced):
        connection.dismiss(fenced(outcome))
    else:
        connection.tell(refusal(outcome))


def _persist(connection: Connection, session: Session, to: str, text: str) -> Published | ClusterError:
    """Says it again until there is an outcome, the connection ends, or the node leaves."""
    standing, told = connection.house.standing, False
    while True:
        n = session.n + 1
        outcome = _ask(connection, session, n, to, text)
        if isinstance(outcome, Refused) and outcome.reason == Reason.OUT_OF_ORDER and outcome.detail.isdigit():
            session.consumed(int(outcome.detail))
        elif isinstance(outcome, Published | Refused | Fenced | LeaseLost | Stopped):
            return outcome
        elif not told:
            told = True
            connection.tell(Error(code=Code.DEGRADED, text="the chat can't reach its store; your line waits"))
        if connection.outbox.finishing or standing.leaving.wait(RETRY):
            return outcome


def _ask(connection: Connection, session: Session, n: int, to: str, text: str) -> Published | ClusterError:
    """Blocks until the publisher has the outcome of n."""
    outcomes: list[Published | ClusterError] = []
    answered = threading.Event()

    def done(outcome: Published | ClusterError) -> None:
        _remember(connection, session, n, outcome)
        outcomes.append(outcome)
        answered.set()

    connection.house.metrics.delay.taken(session.id, n)
    try:
        connection.house.cluster.publish(session.id, session.claim, Publication(n, to, text), done)
    except ClusterError as error:
        _remember(connection, session, n, error)
        return error
    answered.wait()
    return outcomes[0]
