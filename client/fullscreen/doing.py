"""What a typed line does: to the chat, and to the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from client.chat import ChatClient
from client.errors import ChatError
from client.fullscreen.commands import BY_WORD, COMMANDS, Typed, meant
from client.fullscreen.conversation import Conversation
from client.fullscreen.delivery import Delivery
from client.fullscreen.entry import Kind
from client.fullscreen.hearing import Hearing
from client.fullscreen.model import Model, mapped
from client.fullscreen.search import Search
from client.handles import Reply
from client.terminal.talk import Tally
from client.terminal.typed import NO_HISTORY
from client.terminal.wording import explain
from wire.codes import Code
from wire.errors import WireError
from wire.frames import GuardRoom, HandOver, Invite, Mute, Remove, Unmute
from wire.names import nickname, room as room_name, typed_room
from wire.passwords import changed
from wire.plain_input import NO_TOPIC, parse

PAGE = 100
MOST = 200


class Doing:
    """`show_help`, `set_theme` (returns what went wrong) and `leave` are the screen's. One thread."""

    def __init__(
        self,
        chat: ChatClient,
        model: Model,
        *,
        show_help: Callable[[], None] = lambda: None,
        set_theme: Callable[[str], str] = lambda _: "",
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self.tally = Tally()
        self.delivery = Delivery(model)
        self.search = Search(model)
        self.hearing = Hearing(model, self.delivery, self.ask_who, self._ask_missed)
        self._chat, self._model = chat, model
        self._show_help, self._set_theme, self._go_away = show_help, set_theme, leave
        self._does: dict[str, Callable[[str], object]] = {one.name: getattr(self, f"_{one.name}") for one in COMMANDS}

    def typed(self, text: str) -> bool:
        """Whether it was done; if not, the conversation tells why."""
        try:
            self._do(meant(text, self._model.current.title))
        except WireError as error:
            self._model.note(error.text, Kind.TROUBLE)
            return False
        except ChatError as error:
            self._model.note(explain(error), Kind.TROUBLE)
            return False
        return True

    def _do(self, wanted: Typed) -> None:
        if wanted.word == "say":
            self._say(wanted.rest, wanted.to)
        elif wanted.word:
            self._does[wanted.word](wanted.rest)

    def pasted(self, parts: Sequence[str], where: Conversation) -> str:
        """Says them to `where` as they are: no command, nor to anybody else, however they begin.
        What was not taken comes back."""
        said = [part for part in parts if part.strip()]
        try:
            while said:
                self._say(said[0], where.title)
                said.pop(0)
        except WireError as error:
            self._model.note(error.text, Kind.TROUBLE)
        except ChatError as error:
            self._model.note(explain(error), Kind.TROUBLE)
        return "\n".join(said)

    # -- by itself -----------------------------------------------------------------------

    def ask_who(self, room: str) -> None:
        """Quietly: the list of members shows it."""
        try:
            self.hearing.expect_quietly(self._chat.who(room).ticket)
        except ChatError:
            pass  # with the next change of the line it is asked again

    def ask_rooms(self) -> None:
        """Quietly, for the completion."""
        try:
            self.hearing.expect_quietly(self._chat.rooms().ticket)
        except ChatError:
            pass

    def load_older(self, limit: int = PAGE) -> None:
        """Of the conversation on the screen, unless it is under way or there is nothing older."""
        where = self._model.current
        if where.whole or where.loading or not where.present:
            return
        try:
            reply = self._chat.history(where.key, before=where.first_offset, limit=limit)
        except ChatError as error:
            self._model.note(explain(error), Kind.TROUBLE)
            return
        self.hearing.expect_history(reply.ticket, where)

    def _ask_missed(self, room: str, before: int, limit: int) -> int | None:
        try:
            return self._chat.history(room, before=before, limit=limit).ticket
        except ChatError:
            return None  # the gap stays told

    def _expect(self, reply: Reply[Any]) -> None:
        self.hearing.expect_answer(reply.ticket)

    # -- commands ------------------------------------------------------------------------

    def _say(self, text: str, to: str, *, action: bool = False) -> None:
        to = room_name(to) if to.startswith("#") else "@" + nickname(to[1:]).shown
        if to.startswith("#") and to not in self._model.conversations:
            raise WireError(
                Code.NOT_MEMBER,
                f"you are not in {to}; enter it with /join {to}. Text that begins so: put a space before it",
            )
        where = self._model.addressed(to)
        try:
            sending = self._chat.say(text, to, action=action, timeout=0)
        except ChatError:
            if where is not self._model.current and not where.entries and not where.present:
                self._model.close(where.key)
            raise
        self.tally.add(sending)
        self.delivery.said(sending.ticket, where, text, action=action)
        if where is not self._model.current:
            self._model.note(f"to {where.title}: {text.split(chr(10))[0]}", Kind.NOTICE)

    def _me(self, rest: str) -> None:
        if not rest:
            raise WireError(Code.BAD_TEXT, "do what? Write /me waves")
        self._say(rest, self._model.current.title, action=True)

    def _msg(self, rest: str) -> None:
        if not rest.strip("@"):
            raise WireError(Code.BAD_NICK, "whom? Write /msg nick and the text")
        nick, _, text = rest.partition(" ")
        nick = nick.removeprefix("@").rstrip(":,")
        if text.strip():
            self._say(text.strip(), "@" + nick)
        else:
            self._model.switch(self._model.person(nickname(nick).shown))

    def _join(self, rest: str) -> None:
        if not rest.strip("#"):
            raise WireError(Code.BAD_ROOM, "which room? Write /join #room; /rooms tells which there are")
        name, _, key = rest.partition(" ")
        name = typed_room(name)
        there = self._model.conversations.get(name)
        if there is not None and there.present:
            self._model.switch(there)
            return
        reply = self._chat.join(name, key.strip()) if key.strip() else self._chat.join(name)
        self._model.wanted.add(name)
        # At once: what is typed next goes there or is refused, and never to another room.
        self._model.switch(self._model.room(name))
        self._expect(reply)

    def _leave(self, rest: str) -> None:
        where = self._named(rest) if rest else self._model.current
        if where is None:
            self._model.note(f"there is no conversation {rest}; nothing was left", Kind.TROUBLE)
        elif where.private or not (where.present or where.key in self._model.wanted):
            self._model.close(where.key)
        else:
            self._expect(self._chat.leave(where.key))
            self._model.step_aside(where)  # at once, not in the middle of what is typed next

    def _named(self, name: str) -> Conversation | None:
        key = "@" + mapped(name[1:]) if name.startswith("@") else typed_room(name)
        return self._model.conversations.get(key)

    def _rooms(self, _: str) -> None:
        self._expect(self._chat.rooms())

    def _who(self, rest: str) -> None:
        self._expect(self._chat.who(typed_room(rest) if rest else None))

    def _whois(self, rest: str) -> None:
        self._expect(self._chat.whois(rest.removeprefix("@") or self._model.nick))

    def _topic(self, rest: str) -> None:
        room = self._model.current.key
        if rest.startswith("#"):
            room, _, rest = rest.partition(" ")
        if room.startswith("@"):
            self._model.note("a conversation of two has no topic", Kind.TROUBLE)
            return
        text = rest.strip()
        self._expect(self._chat.topic(room, ("" if text == NO_TOPIC else text) if text else None))

    def _history(self, rest: str) -> None:
        where = self._model.current
        if where.private:
            self._model.note(NO_HISTORY, Kind.TROUBLE)
        elif where.whole:
            self._model.note("there is nothing older")
        else:
            self.load_older(min(MOST, max(1, int(rest))) if rest.isdecimal() else 50)

    def _away(self, rest: str) -> None:
        self._expect(self._chat.away(rest))

    def _back(self, _: str) -> None:
        self._expect(self._chat.back())

    def _nick(self, rest: str) -> None:
        if not rest:
            raise WireError(Code.BAD_NICK, "which nickname? Write /nick newname")
        self._expect(self._chat.rename(rest))

    def _go(self, rest: str) -> None:
        if not rest.strip("#@"):
            raise WireError(Code.BAD_ROOM, "go where? Write /go and the beginning of a name, or a number")
        found = self.conversation(rest)
        if found is None:
            self._model.note(f"there is no conversation {rest}", Kind.TROUBLE)
        else:
            self._model.switch(found)

    def conversation(self, name: str) -> Conversation | None:
        """By number, from 1, by its name, or by what that begins with."""
        listed = self._model.listed()
        if name.isdecimal():
            return listed[int(name) - 1] if 0 < int(name) <= len(listed) else None
        wanted = name.casefold()
        bare = wanted.lstrip("#@")
        begins = [one for one in listed if one.title.casefold().lstrip("#@").startswith(bare)]
        # The whole name counts more than where it stands in the list: #ops, not #ops-night.
        exact = sorted(begins, key=lambda one: (one.title.casefold() != wanted, len(one.title) != len(bare) + 1))
        return exact[0] if exact else None

    # -- of an owner ---------------------------------------------------------------------

    def _govern(self, act: str, rest: str) -> None:
        wanted = parse(f"/{act} {rest}", self._model.current.title)
        match wanted:
            case GuardRoom(room, key, invite, private, topic):
                self._expect(self._chat.guard(room, key=key, invite=invite, private=private, topic=topic))
            case Invite(room, nick, text):
                self._expect(self._chat.invite(room, nick, text))
            case Remove(room, nick, text):
                self._expect(self._chat.remove(room, nick, text))
            case Mute(room, nick, text):
                self._expect(self._chat.mute(room, nick, text))
            case Unmute(room, nick):
                self._expect(self._chat.unmute(room, nick))
            case HandOver(room, nick):
                self._expect(self._chat.hand_over(room, nick))

    def _guard(self, rest: str) -> None:
        self._govern("guard", rest)

    def _invite(self, rest: str) -> None:
        self._govern("invite", rest)

    def _remove(self, rest: str) -> None:
        self._govern("remove", rest)

    def _unmute(self, rest: str) -> None:
        self._govern("unmute", rest)

    def _owner(self, rest: str) -> None:
        self._govern("owner", rest)

    def _mute(self, rest: str) -> None:
        if rest.startswith("#") and " " in rest:
            self._govern("mute", rest)
            return
        where = self.conversation(rest) if rest else self._model.current
        if where is None:
            self._model.note(f"there is no conversation {rest}", Kind.TROUBLE)
            return
        self._model.muted ^= {where.key}
        silent = where.key in self._model.muted
        self._model.note(f"{where.title} {'rings no more' if silent else 'rings again'}")

    def _theme(self, rest: str) -> None:
        problem = self._set_theme(rest)
        if problem:
            self._model.note(problem, Kind.TROUBLE if rest else Kind.QUIET)

    def _register(self, rest: str) -> None:
        if not rest:
            raise WireError(Code.BAD_PASSWORD, "with which password? Write /register PASSWORD")
        self._expect(self._chat.register(*changed(rest)))

    def _unregister(self, rest: str) -> None:
        if not rest:
            raise WireError(Code.BAD_PASSWORD, "show that it is yours: /unregister PASSWORD")
        self._expect(self._chat.unregister(rest))

    def _search(self, rest: str) -> None:
        self.search.start(rest)

    def _clear(self, _: str) -> None:
        self._model.current.clear()

    def _quit(self, _: str) -> None:
        self._go_away()

    def _help(self, rest: str) -> None:
        known = BY_WORD.get(rest.removeprefix("/").lower())
        if known is None:
            self._show_help()
        else:
            also = "".join(f", /{one}" for one in known.aliases)
            self._model.note(f"/{known.name} {known.usage}".rstrip() + f": {known.help}{also and f' (also{also[1:]})'}")
