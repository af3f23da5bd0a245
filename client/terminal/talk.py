"""What a typed line does, and what became of all that was said."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from client import events as ev
from client.chat import ChatClient
from client.errors import ChatError, Refused
from client.handles import Reply, Sending
from client.terminal.typed import HELP, Asked, meant
from client.terminal.wording import Line, explain, trouble
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    HandOver,
    History,
    Invite,
    Join,
    Leave,
    Mute,
    Quit,
    Register,
    Remove,
    Rename,
    Rooms,
    Say,
    SetTopic,
    Unmute,
    Unregister,
    Who,
    Whois,
)
from wire.names import LOBBY, room
from wire.plain_input import Governing, Help


class Tally:
    """How many of the sayings were not accepted. One thread at a time."""

    def __init__(self) -> None:
        self._waiting: deque[Sending] = deque()
        self._failed = 0

    def add(self, sending: Sending) -> None:
        self._waiting.append(sending)
        # In line they are settled in order, more or less: this keeps the list short.
        while self._waiting and self._waiting[0].done:
            self._failed += self._waiting.popleft().accepted is None

    def refused(self) -> None:
        """One that did not even get into line."""
        self._failed += 1

    @property
    def unaccepted(self) -> int:
        """Also those whose outcome is not known yet."""
        return self._failed + sum(one.accepted is None for one in self._waiting)


class Talk:
    """Where the user is, and what lines do. `typed` on the reading thread, `saw` on the printing one."""

    def __init__(
        self, chat: ChatClient, start_room: str, show: Callable[[Line], None], *, in_turn: float = 0.0
    ) -> None:
        """`show`: prints one line; called from both threads. `in_turn`: for how many seconds a change
        (of rooms, of the nickname …) waits for what was said before it, and `typed` for its answer."""
        self._chat = chat
        self._in_turn = in_turn
        self._show = show
        # The reading thread's. Where we are is asked of the chat: the printing thread may be far behind.
        self._leaving: set[str] = set()
        self.current = room(start_room)
        self.tally = Tally()
        self.quitting = False

    def typed(self, line: str) -> str | None:
        """Does what the line asks for; returns a longer text to print, if it asked for one."""
        try:
            wanted = meant(line, self.current)
            if isinstance(wanted, Help):
                return HELP
            if isinstance(wanted, Say):
                self._say(wanted)
            elif isinstance(wanted, Quit):
                self.quitting = True
            elif wanted is not None:
                self._ask(wanted)
        except WireError as error:
            self._show(trouble(error.text))
        except ChatError as error:
            self._show(trouble(explain(error)))
        return None

    def saw(self, event: ev.Event) -> None:
        """Follows where the user is put by others."""
        if not isinstance(event, ev.LeftEvent) or not event.own or event.ticket is not None:
            return
        if event.room == self.current and event.room not in self._chat.joined:
            self._fall_back(event.room)

    def _say(self, wanted: Say) -> None:
        try:
            self.tally.add(self._chat.say(wanted.text, wanted.to))
        except ChatError:
            self.tally.refused()
            raise

    def _ask(self, wanted: Asked) -> None:
        match wanted:
            case Join(name) if room(name) in self._rooms():
                self.current = room(name)
            case Join(name, _, key):
                self._enter(room(name), key)
            case Leave(name):
                self._leave(room(name))
            case GuardRoom() | Invite() | Remove() | Mute() | Unmute() | HandOver():
                self._finish_saying()
                self._await(self._govern(wanted))
            case Rename() | GoAway() | ComeBack() | Register() | Unregister():
                self._change(wanted)
            case _:
                self._look(wanted)

    def _govern(self, wanted: Governing | GuardRoom) -> Reply[Any]:
        match wanted:
            case GuardRoom(name, key, invite, private, topic):
                return self._chat.guard(name, key=key, invite=invite, private=private, topic=topic)
            case Invite(name, nick, text):
                return self._chat.invite(name, nick, text)
            case Remove(name, nick, text):
                return self._chat.remove(name, nick, text)
            case Mute(name, nick, text):
                return self._chat.mute(name, nick, text)
            case Unmute(name, nick):
                return self._chat.unmute(name, nick)
            case HandOver(name, nick):
                return self._chat.hand_over(name, nick)

    def _change(self, wanted: Rename | GoAway | ComeBack | Register | Unregister) -> None:
        self._finish_saying()  # that is still said under the former name
        match wanted:
            case Rename(nick):
                self._await(self._chat.rename(nick))
            case GoAway(text):
                self._await(self._chat.away(text))
            case ComeBack():
                self._await(self._chat.back())
            case Register(password, _, former):
                self._await(self._chat.register(password, former))
            case Unregister(password):
                self._await(self._chat.unregister(password))

    def _look(self, wanted: Who | Whois | Rooms | History | SetTopic) -> None:
        match wanted:
            case Who(name):
                self._chat.who(name)
            case Whois(nick):
                self._chat.whois(nick)
            case Rooms():
                self._chat.rooms()
            case History(name, _, limit):
                self._chat.history(name, limit=limit)
            case SetTopic(name, text):
                self._finish_saying()
                self._await(self._chat.topic(name, text))

    def _enter(self, name: str, key: str | None) -> None:
        self._finish_saying()
        # At once: what is typed next goes there or is refused, and never to another room.
        self.current = name
        self._leaving.discard(name)
        self._await(self._chat.join(name, key))

    def _leave(self, name: str) -> None:
        self._finish_saying()
        reply = self._chat.leave(name)
        self._leaving.add(name)
        if name == self.current:
            self._fall_back(name)
        self._await(reply)

    def _rooms(self) -> list[str]:
        """Where we are and mean to stay, the last one first."""
        return [name for name in reversed(self._chat.joined) if name not in self._leaving]

    def _fall_back(self, gone: str) -> None:
        self.current = next((name for name in self._rooms() if name != gone), LOBBY)

    def _finish_saying(self) -> None:
        # Questions overtake what still waits to be said.
        if self._in_turn:
            self._chat.flush(self._in_turn)

    def _await(self, reply: Reply[Any]) -> None:
        """Until it is known to be done, or refused: the printing thread tells about that."""
        if self._in_turn:
            with suppress(Refused, TimeoutError):
                reply.wait(self._in_turn)
