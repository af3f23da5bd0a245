"""What sessions say (R1), and how much they have taken of their limits."""

from __future__ import annotations

from cluster.asking import Asking, checked, raise_refusal
from cluster.errors import ClusterError, Refused
from cluster.pipe import Answer, Request
from cluster.seam import PublishDone
from cluster.types import Position, Publication, Published


class Sayings(Asking):
    def publish(self, session: str, claim: str, said: Publication, done: PublishDone) -> None:
        self._check_taking()

        def settle(answer: Answer) -> None:
            done(_published(said.n, answer))

        again = said.again
        before = f"{again.epoch} {again.offset}" if again else ""
        arguments = (
            session, claim, said.n, said.to, said.text, said.holder, said.refusal, before, said.ahead or "",
        )  # fmt: skip
        self._publisher.submit(Request("publish", arguments, settle, self._standing.boot))

    def pace(self, session: str, claim: str, ahead: int) -> None:
        request = Request("pace", [session, claim, ahead], lambda _: None, self._standing.boot)
        self._publisher.submit(request)


def _published(n: int, answer: Answer) -> Published | ClusterError:
    """The outcome of a `say`; its stored form is described in publish.lua."""
    try:
        reply = checked(answer)
        raise_refusal(reply)
    except ClusterError as error:
        return error
    word, *rest = reply[1].decode().split(" ")
    if word == "no":
        return Refused(rest[0])
    log, epoch, offset, time = rest
    return Published(n, log, Position(epoch, int(offset)), int(time))
