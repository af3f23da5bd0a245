"""Somebody in a scene: a user of the library who is told what to ask for, and notes what was asked and what was
answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from client import ChatClient, ChatError, Refused, Settings
from client.events import Connected, Disconnected, Event, HistoryEvent, Lost, MessageEvent, Moved
from client.handles import Reply
from drill.history import Happening, Kind
from drill.workload.notes import Notes, happenings
from drill.workload.plug import Plug
from drill.workload.texts import END, drill_text, key, last_text
from wire.names import LOBBY

ANSWER_WITHIN = 25.0
COME_WITHIN = 15.0
UNKNOWN = "?"
"""The answer of who got none: it may have been done, or be done yet."""
NOTED = frozenset(Kind) - {Kind.JOINED, Kind.LEFT}


class Role:
    """`name`: in the history, and the nickname with which it comes. One life of it is one `ChatClient`, from `come` to
    `quit` or `crash`; there may be many, one after the other.

    One thread calls, its scene's; the client's network thread notes what is told, and meets it at `_heard` alone."""

    def __init__(self, name: str, servers: Sequence[str], notes: Notes, patience: Settings) -> None:
        self.name = name
        self.chat: ChatClient | None = None
        self._servers, self._notes, self._patience = list(servers), notes, patience
        self._plug = Plug()
        self._abandoned = False
        self._numbers, self._said = count(1), count(1)
        self._heard: set[str] = set()  # keys of what it was shown, and who said his last word
        self._changed = threading.Condition()

    def abandon(self) -> None:
        """Whatever it waits for ends, and it does not come again. Any thread, idempotent."""
        self._abandoned = True
        if (chat := self.chat) is not None:
            chat.close()

    # -- coming and going ---------------------------------------------------------------

    @property
    def is_in(self) -> bool:
        """Whether it has come, and its client has not ended by itself."""
        return self.chat is not None and self.chat.error is None

    def come(self, password: str | None = None, within: float = COME_WITHIN) -> str:
        """A new life. "": it was welcomed; else the code of the refusal, or UNKNOWN."""
        self.close()
        if self._abandoned:
            return UNKNOWN
        self._plug = Plug()
        self.chat = chat = ChatClient(
            self._servers, self.name, rooms=(), password=password, on_event=self._note, in_order=True,
            settings=self._patience, transport=self._plug,
        )  # fmt: skip
        number = self._asked("come", "", self.name, proof=password is not None)
        try:
            chat.start(within)
        except ChatError as error:
            self.chat = None
            return self._answered(number, f"{error.code}" if isinstance(error, Refused) else UNKNOWN)
        answer = self._answered(number, "")
        with suppress(ChatError, TimeoutError):
            chat.leave(LOBBY).wait(ANSWER_WITHIN)  # what is said there is for others
        return answer

    def quit(self) -> None:
        """Leaves in order. Idempotent."""
        self._go(lambda chat: chat.quit())

    def crash(self) -> None:
        """Is gone without a word."""
        self._plug.pull()
        self._go(lambda chat: chat.close())

    def close(self) -> None:
        """Ends what runs, as a crash does."""
        self.crash()

    def _go(self, end: Callable[[ChatClient], None]) -> None:
        chat, self.chat = self.chat, None
        if chat is not None:
            self._notes.add(Happening(self.name, Kind.FREES, who=chat.nick))
            number = self._asked("go", "", self.name)
            end(chat)
            self._answered(number, "")

    def pull(self) -> None:
        """Loses the network, until `push`."""
        self._plug.pull()

    def push(self) -> None:
        self._plug.push()

    # -- asking and saying --------------------------------------------------------------------

    def ask(
        self, act: str, to: str, who: str, question: Callable[[ChatClient], Reply[Any]], *, proof: bool = False
    ) -> str:
        """ "": it is done; else the code of the refusal, or UNKNOWN: then the client is ended."""
        if self.chat is None:
            return UNKNOWN
        number = self._asked(act, to, who, proof=proof)
        try:
            question(self.chat).wait(ANSWER_WITHIN)
        except Refused as refusal:
            return self._answered(number, f"{refusal.code}")
        except (ChatError, TimeoutError):
            self.close()  # or it would be asked on and on
            return UNKNOWN
        return self._answered(number, "")

    def say(self, to: str, last: bool = False) -> str:
        """Does not wait for the outcome. Its key; "": it could not be said."""
        if self.chat is None:
            return ""
        number = next(self._said)
        words = last_text(self.name, number) if last else drill_text(self.name, number)
        noted = key(words)
        self._notes.add(Happening(self.name, Kind.SENT, to, text=noted))
        try:
            self.chat.say(words, to, timeout=ANSWER_WITHIN)
        except ChatError:
            self._notes.add(Happening(self.name, Kind.UNSURE, to, text=noted))
            return ""
        return noted

    def flush(self, within: float = ANSWER_WITHIN) -> bool:
        """Whether all that was said had an outcome in time."""
        return self.chat is not None and self.chat.flush(within)

    def wait_heard(self, words: str, within: float) -> bool:
        """Whether it was shown that, in any life, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: words in self._heard, within)

    def tell(self, kind: Kind, who: str) -> None:
        """HOLDS, FREES."""
        node = self.chat.node if self.chat else ""
        self._notes.add(Happening(self.name, kind, who=who, node=node))

    def _asked(self, act: str, to: str, who: str, *, proof: bool = False) -> int:
        number = next(self._numbers)
        self._notes.add(Happening(self.name, Kind.ASKED, to, who, act, n=number, first=int(proof)))
        return number

    def _answered(self, number: int, answer: str) -> str:
        if answer != UNKNOWN:
            node = self.chat.node if self.chat else ""
            self._notes.add(Happening(self.name, Kind.ANSWERED, text=answer, n=number, node=node))
        return answer

    # -- the client's network thread ----------------------------------------------------------

    def _note(self, event: Event) -> None:
        node = self.chat.node if self.chat else ""
        if isinstance(event, MessageEvent):
            with self._changed:
                self._heard |= {key(event.text), event.nick if event.text.endswith(END) else ""}
                self._changed.notify_all()
        for happening in [*self._translated(event), *happenings(self.name, node, event)]:
            if happening.kind in NOTED and happening.to != LOBBY:
                self._notes.add(happening)

    def _translated(self, event: Event) -> list[Happening]:
        """What a history has of it beside what it has of everybody's."""
        node = self.chat.node if self.chat else ""
        match event:
            case HistoryEvent():
                return [each for message in event.messages for each in happenings(self.name, node, message)]
            case Disconnected():
                return [Happening(self.name, Kind.DISCONNECTED, text=event.reason, node=event.node)]
            case Moved():
                return [Happening(self.name, Kind.MOVED, who=event.node, node=event.node)]
            case Connected(former=str()):
                return [Happening(self.name, Kind.RENEWED, who=event.node, node=event.node, session=event.session)]
            case Lost():
                return [Happening(self.name, Kind.DOUBTED, one.to, text=key(one.text)) for one in event.sayings]
        return []
