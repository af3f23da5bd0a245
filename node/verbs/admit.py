"""Who may have a nickname: what `--access` and registered nicknames ask of a hello.

Unknown and wrong are one answer, after the same work: a nickname that isn't registered costs a hash as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cluster.errors import ClusterError, Refused
from cluster.types import Account, Name, Reason
from node.access import OPEN, PASSWORD, tries_of
from node.admission import come_back
from node.vault import Busy, Gone, same_secret
from node.verbs.refusals import refusal
from wire import Code, WireError
from wire.frames import Error
from wire.passwords import password as spelt

if TYPE_CHECKING:
    from node.connection import Connection

NOT_ADMITTED = Error(
    code=Code.NOT_ADMITTED,
    text="nickname and password do not fit; only a registered nickname has a password of its own",
)
NEEDS_PASSWORD = Error(
    code=Code.NOT_ADMITTED, text="this chat takes nobody without a password; say it with the nickname"
)
BUSY = "too many passwords are being looked at; try again in a moment"


def admit(connection: Connection, name: Name, given: str | None) -> str | None:
    """The proof with which `name` may be claimed, '' where it needs none; None: it was refused, and answered. The
    connection's thread; blocks on Redis and on the vault."""
    if given is None:
        if connection.house.settings.access == OPEN:
            return ""
        _refuse(connection, NEEDS_PASSWORD)
        return None
    try:
        fitting = checked(connection, name, given)
    except Busy:
        connection.house.metrics.unwelcome.inc()
        connection.dismiss(Error(code=Code.BUSY, text=BUSY, after=come_back()))
        return None
    except Gone:
        return None
    except ClusterError as error:
        _refuse(connection, _answer(error))
        return None
    if fitting is None:
        _refuse(connection, NOT_ADMITTED)
    return fitting


def checked(connection: Connection, name: Name, given: str) -> str | None:
    """`admit`, without the answer; None: nickname and password do not fit. Raises Busy, Gone, ClusterError."""
    house, whose = connection.house, tries_of(connection.peer)
    passwords = house.metrics.passwords
    try:
        account = house.cluster.account(name.mapped, whose)
    except Refused:
        passwords.labels("slowed").inc()
        raise
    try:
        fits = house.vault.verify(account.hash if account else None, _prepared(given), lambda: connection.gone, whose)
    except Busy:
        passwords.labels("busy").inc()
        house.cluster.admitted(name.mapped, whose, "", "")  # it was no try
        raise
    is_open = account is None and house.settings.access == PASSWORD
    if is_open and same_secret(_prepared(given), _prepared(house.settings.secret)):
        house.cluster.admitted(name.mapped, whose, "", "")
        passwords.labels("right").inc()
        return ""
    if not fits or account is None:
        passwords.labels("wrong").inc()
        house.log.warning("wrong_password", nick=name.shown, peer=connection.peer)
        return None
    passwords.labels("right").inc()
    return _proven(connection, name, account, given, whose)


def _proven(connection: Connection, name: Name, account: Account, given: str, whose: str) -> str:
    house, renewed = connection.house, ""  # whichever it is in the end: `account.hash` is a proof
    if house.vault.is_outdated(account.hash):
        try:
            renewed = house.vault.hash(_prepared(given), lambda: connection.gone, whose)
        except Busy:
            pass  # next time
    house.cluster.admitted(name.mapped, whose, account.hash, renewed)
    return account.hash


def _prepared(given: str) -> str:
    """As it was hashed. What can't be a password fits nothing, after the same work."""
    try:
        return spelt(given)
    except WireError:
        return ""


def _answer(error: ClusterError) -> Error:
    answer = refusal(error)
    if isinstance(error, Refused) and error.reason == Reason.RATE_LIMITED:
        return Error(code=Code.RATE_LIMITED, text=answer.text, after=int(error.detail or 0))
    return answer


def _refuse(connection: Connection, error: Error) -> None:
    connection.house.metrics.unwelcome.inc()
    connection.send(error)
