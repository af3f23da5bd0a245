"""Histories of people who ask and are answered, beside the flawless one: a second each, from 100 on."""

from __future__ import annotations

from itertools import count

from drill.history import Happening, Kind
from tests.unit.drill.story import headed, rules, run
from wire.codes import Code

DEN = "#cast-den"


class Acted:
    """Each method notes what its name says; `at` is the time that comes next."""

    def __init__(self) -> None:
        self.made: list[Happening] = []
        self.at = 100.0
        self._numbers = count(1)
        self._offsets = count(1)

    def note(self, client: str, kind: Kind, to: str = "", **more: object) -> None:
        self.at += 1.0
        self.made.append(Happening(client, kind, to, at=self.at, **more))  # type: ignore[arg-type]

    def ask(
        self, client: str, what: str, to: str = "", who: str = "", *, proof: int = 0, answer: Code | str | None = "",
        last: int = 0, session: str = "",
    ) -> Acted:  # fmt: skip
        """`answer` None: there is none."""
        number = next(self._numbers)
        self.note(client, Kind.ASKED, to, who=who, text=what, n=number, first=proof, session=session)
        if answer is not None:
            text = f"{int(answer)}" if isinstance(answer, Code) else answer
            self.note(client, Kind.ANSWERED, text=text, n=number, last=last, session=session)
        return self

    def say(self, client: str, to: str, text: str, *readers: str, name: str = "", refused: bool = False) -> Acted:
        """`readers` are shown it, from `name`."""
        self.note(client, Kind.SENT, to, text=text)
        if refused:
            self.note(client, Kind.REFUSED, to, text=text)
            return self
        offset = next(self._offsets)
        self.note(client, Kind.ACCEPTED, to, text=text, epoch="e1", offset=offset)
        for reader in readers:
            self.show(reader, to, text, name or client, offset)
        return self

    def show(self, reader: str, to: str, text: str, name: str, offset: int = 0) -> Acted:
        log = to if to.startswith("#") else "@"
        self.note(reader, Kind.RECEIVED, log, who=name, text=text, epoch="e1", offset=offset)
        return self

    def hold(self, client: str, name: str) -> Acted:
        self.note(client, Kind.HOLDS, who=name)
        return self

    def wait(self, seconds: float) -> Acted:
        self.at += seconds
        return self

    def broken(self, *faults: Happening) -> set[str]:
        """The rules that it breaks, beside `faults`."""
        return rules(headed([*run(), *self.made], *faults))
