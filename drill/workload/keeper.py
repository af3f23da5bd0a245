"""Somebody whose session moves from connection to connection, with another token each time; and somebody with a copy of
a token that is spent."""

from __future__ import annotations

import secrets
from itertools import count

from drill.history import Happening, Kind
from drill.workload.line import Broken, Line
from drill.workload.notes import CAST
from drill.workload.scene import Scene
from wire.codes import Code
from wire.frames import Confirm, Cursor, Error, Hello, Quit, ServerFrame, Welcome

MOVES = 6
LIVES = 0.6
"""Seconds that a connection is kept."""


class Keeper(Scene):
    """By docs/protocol.md, without the library. In the history a token is known by its number: 1 is the session's
    first."""

    name = "keeper"

    def _cast(self) -> None:
        self._numbers, self._lives = count(1), count(1)
        self._nick = self._session = ""
        self._tokens: list[str] = []
        self._logs: dict[str, Cursor] = {}

    def _play(self) -> None:
        self._begin()
        for _ in range(MOVES):
            if not self._session or self._over.is_set():
                break
            self._move()
            if self._rng.random() < 0.5 and self._session:
                self._copy()
        self._end()

    def _begin(self) -> None:
        self._nick = f"{CAST}keeper-{next(self._lives)}"
        token = secrets.token_urlsafe(16)
        for server in self._turned():
            try:
                with Line(server) as line:
                    line.tell(Hello(client="drill", nick=self._nick, token=token))
                    frame = line.wait(_is_outcome)
            except Broken:
                continue
            if isinstance(frame, Welcome):
                self._session, self._tokens, self._logs = frame.session, [token], dict(frame.logs)
                self._note(Kind.ANSWERED, self._note_asked("begin", 1), "", last=1)
                return

    def _move(self) -> None:
        """Resumes with the newest token, at one server after the other until one lets it in, and stays for a moment."""
        for server in self._turned():
            if self._over.is_set() or self._resumed(server):
                return

    def _resumed(self, server: str) -> bool:
        known = len(self._tokens)
        former = self._tokens[-2] if known > 1 else None
        hello = Hello(
            client="drill",
            session=self._session,
            token=self._tokens[-1],
            former=former,
            cursors=self._logs,
            rotate=True,
        )
        try:
            with Line(server) as line:
                number = self._note_asked("resume", known)
                line.tell(hello)
                frame = line.wait(_is_outcome)
                if isinstance(frame, Error):
                    return self._refused(number, frame)
                assert isinstance(frame, Welcome)
                self._took(number, frame)
                if self._rng.random() < 0.5:
                    line.tell(Confirm(token=self._tokens[-1]))
                self._over.wait(LIVES * self._rng.random())
        except Broken:
            return False
        return True

    def _took(self, number: int, frame: Welcome) -> None:
        if frame.token and frame.token not in self._tokens:
            self._tokens.append(frame.token)
        self._note(Kind.ANSWERED, number, "", last=len(self._tokens), node=frame.node)

    def _refused(self, number: int, frame: Error) -> bool:
        """Whether another server need not be asked."""
        self._note(Kind.ANSWERED, number, f"{int(frame.code)}")
        if frame.code in (Code.RESUME_REFUSED, Code.TOKEN_SPENT, Code.ENDED):
            self._session = ""
        return not self._session

    def _copy(self) -> None:
        """One that has an old token tries it, at any server."""
        if len(self._tokens) < 3:
            return
        which = self._rng.randint(1, len(self._tokens) - 2)
        hello = Hello(client="drill", session=self._session, token=self._tokens[which - 1], cursors=self._logs)
        try:
            with Line(self._rng.choice(self._servers)) as line:
                number = self._note_asked("copy", which)
                line.tell(hello)
                frame = line.wait(_is_outcome)
        except Broken:
            return
        self._note(Kind.ANSWERED, number, f"{int(frame.code)}" if isinstance(frame, Error) else "")

    def _end(self) -> None:
        if not self._session:
            return
        try:
            with Line(self._rng.choice(self._servers)) as line:
                line.tell(Hello(client="drill", session=self._session, token=self._tokens[-1], cursors=self._logs))
                if isinstance(line.wait(_is_outcome), Welcome):
                    line.tell(Quit())
        except Broken:
            pass  # its grace ends it
        self._session = ""

    def _close(self) -> None:
        self._end()

    def _note_asked(self, act: str, token: int) -> int:
        number = next(self._numbers)
        self._note(Kind.ASKED, number, act, first=token)
        return number

    def _note(self, kind: Kind, number: int, text: str, *, first: int = 0, last: int = 0, node: str = "") -> None:
        self._notes.add(
            Happening(self._nick, kind, text=text, n=number, first=first, last=last, node=node, session=self._session)
        )


def _is_outcome(frame: ServerFrame) -> bool:
    return isinstance(frame, Welcome | Error)
