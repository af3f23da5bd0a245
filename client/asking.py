"""The questions: what is answered by one event, that a `Reply` waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from client.commands import asking, valid
from client.core import Core
from client.errors import Backlogged
from client.events import (
    HistoryEvent,
    JoinedEvent,
    LeftEvent,
    MembersEvent,
    PresenceHint,
    RegisteredEvent,
    RenamedEvent,
    RightsEvent,
    RoomsEvent,
    TopicEvent,
    WhoisEvent,
)
from client.handles import Reply
from client.requests import Requests
from wire.frames import HandOver, Invite, Mute, Remove, Unmute
from wire.names import LOBBY, nickname, room
from wire.passwords import password as spelt
from wire.plain_input import Governing
from wire.text import check_away, check_key, check_topic, check_words

MAX_QUESTIONS = 256


class Asking(Core):
    """Part of `ChatClient`. Any thread; none of them blocks, each raises Refused for what can't be asked,
    Backlogged (`MAX_QUESTIONS` wait already), Closed. A question is asked again after a failover."""

    def join(self, name: str, key: str | None = None) -> Reply[JoinedEvent]:
        """The reply is a JoinedEvent; the room's last messages follow as history. `key`: of a room that asks for one;
        the reply is Refused (WRONG_KEY, NOT_INVITED, REMOVED) for who may not come in. Raises Refused, Backlogged,
        Closed, as all questions do."""
        name = valid(room, name)
        if key:
            valid(check_key, key)
        return self._ask(lambda requests, ticket: requests.join(name, ticket, key or None))

    # -- what the owner of a room may do. The replies are RightsEvents, or Refused (NOT_OWNER, NO_SUCH_NICK) ---------

    def invite(self, name: str, nick: str, text: str = "") -> Reply[RightsEvent]:
        """Lets `nick` in, whatever guards the room, also who was removed. `nick` is told, with `text`."""
        return self._govern(Invite, name, nick, text)

    def remove(self, name: str, nick: str, why: str = "") -> Reply[RightsEvent]:
        """Puts `nick` out, who can't come back until invited. The others read `why`."""
        return self._govern(Remove, name, nick, why)

    def mute(self, name: str, nick: str, why: str = "") -> Reply[RightsEvent]:
        """What `nick` says in the room is refused (MUTED) from now on."""
        return self._govern(Mute, name, nick, why)

    def unmute(self, name: str, nick: str) -> Reply[RightsEvent]:
        """`nick` may speak in the room again."""
        return self._govern(Unmute, name, nick, "")

    def hand_over(self, name: str, nick: str) -> Reply[RightsEvent]:
        """Gives the room to `nick`, who is in it."""
        return self._govern(HandOver, name, nick, "")

    def guard(
        self,
        name: str,
        *,
        key: str | None = None,
        invite: bool | None = None,
        private: bool | None = None,
        topic: bool | None = None,
    ) -> Reply[RightsEvent]:
        """What a room demands from now on: a `key` ("": none any more), an invitation (`invite`); that it is not told
        of (`private`); that only the owner sets the topic (`topic`). None: as it is. All None: asks only, as every
        member may."""
        name = valid(room, name)
        if key:
            valid(check_key, key)
        return self._ask(lambda requests, ticket: requests.guard(name, key, invite, private, topic, ticket))

    def _govern(self, act: type[Governing], name: str, nick: str, text: str) -> Reply[RightsEvent]:
        name, nick, text = valid(room, name), valid(lambda given: nickname(given).shown, nick), text.strip()
        valid(check_words, text)
        return self._ask(lambda requests, ticket: requests.govern(act, name, nick, text, ticket))

    # -- all others ------------------------------------------------------------------------------------------

    def leave(self, name: str) -> Reply[LeftEvent]:
        """The reply is a LeftEvent."""
        name = valid(room, name)
        return self._ask(lambda requests, ticket: requests.leave(name, ticket))

    def who(self, name: str | None = None) -> Reply[MembersEvent]:
        """Members of a room, or everybody. The reply is a MembersEvent."""
        asked = None if name is None else valid(room, name)
        return self._ask(lambda requests, ticket: requests.who(asked, ticket))

    def rooms(self) -> Reply[RoomsEvent]:
        """The reply is a RoomsEvent."""
        return self._ask(lambda requests, ticket: requests.rooms(ticket))

    def history(self, name: str = LOBBY, *, before: int = 0, limit: int = 50) -> Reply[HistoryEvent]:
        """Up to `limit` (1-200) messages before offset `before` (0: the newest). The reply is a
        HistoryEvent."""
        name, limit = valid(room, name), min(200, max(1, limit))
        return self._ask(lambda requests, ticket: requests.history(name, max(0, before), limit, ticket))

    def topic(self, name: str = LOBBY, text: str | None = None) -> Reply[TopicEvent]:
        """Asks what a room is about or, with `text`, sets that ("" clears it). The reply is a TopicEvent; who is in the
        room gets one as well when it is changed."""
        name = valid(room, name)
        text = text if text is None else text.strip()
        valid(check_topic, text or "")
        return self._ask(lambda requests, ticket: requests.topic(name, text, ticket))

    def rename(self, nick: str) -> Reply[RenamedEvent]:
        """Another nickname for us. The reply is a RenamedEvent; `nick` follows. Raises Refused for what can't be a
        nickname; where somebody has it the reply's Refused has a `suggestion` that is free."""
        nick = valid(lambda text: nickname(text).shown, nick)
        return self._ask(lambda requests, ticket: requests.rename(nick, ticket))

    def away(self, text: str = "") -> Reply[PresenceHint]:
        """We are away, whatever the connection does, until `back`; `text` says why. The reply is a PresenceHint, as the
        others in our rooms get one."""
        text = text.strip()
        valid(check_away, text)
        return self._ask(lambda requests, ticket: requests.away(text, ticket))

    def back(self) -> Reply[PresenceHint]:
        """We are here again. The reply is a PresenceHint."""
        return self._ask(lambda requests, ticket: requests.back(ticket))

    def whois(self, nick: str) -> Reply[WhoisEvent]:
        """Who holds a nickname. The reply is a WhoisEvent, or Refused (NO_SUCH_NICK)."""
        nick = valid(lambda text: nickname(text).shown, nick)
        return self._ask(lambda requests, ticket: requests.whois(nick, ticket))

    def register(self, password: str, former: str | None = None) -> Reply[RegisteredEvent]:
        """Our nickname is our own from now on: who comes with it needs the password. On one that is ours already:
        another password; then `former` is the present one. The client uses it where it has to begin a new session. The
        reply is a RegisteredEvent, or Refused (NOT_ADMITTED: `former` is wrong, or missing). Raises Refused
        (BAD_PASSWORD) for what can't be one."""
        valid(lambda text: spelt(text, self.nick), password)
        return self._ask(lambda requests, ticket: requests.register(password, former, ticket))

    def unregister(self, password: str) -> Reply[RegisteredEvent]:
        """Our nickname is nobody's own any more. The reply is a RegisteredEvent, or Refused (NOT_ADMITTED: the password
        is wrong)."""
        valid(spelt, password)
        return self._ask(lambda requests, ticket: requests.unregister(password, ticket))

    def _ask(self, question: Callable[[Requests, int], None]) -> Reply[Any]:
        with self._changed:
            self._check_open()
            if self._ledger.asked >= MAX_QUESTIONS:
                raise Backlogged(f"{MAX_QUESTIONS} questions wait for an answer already")
            reply: Reply[Any] = Reply(self._ticket(), self._changed)
            self._network.put(asking(question, reply.ticket))
            self._ledger.add(reply)
        self._network.wake()
        return reply
