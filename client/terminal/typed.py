"""What a person types, to what is meant."""

from __future__ import annotations

import difflib
from typing import TypeAlias

from wire.codes import Code
from wire.errors import WireError
from wire.frames import (
    ComeBack,
    GoAway,
    GuardRoom,
    History,
    Join,
    Leave,
    Quit,
    Rooms,
    Say,
    SetTopic,
    Who,
    Whois,
)
from wire.plain_input import Governing, Help, Naming, parse
from wire.text import strip_plain

Asked: TypeAlias = (
    Join | Leave | Who | Rooms | History | SetTopic | Governing | GuardRoom | Naming | GoAway | ComeBack | Whois
)
Meant: TypeAlias = Say | Asked | Help | Quit
COMMANDS = (
    "join", "leave", "msg", "me", "who", "whois", "rooms", "history", "topic", "guard", "invite", "remove", "mute",
    "unmute", "owner", "nick", "away", "back", "register", "unregister", "help", "quit",
)  # fmt: skip
OF_THE_SCREEN = ("clear", "go", "lastlog", "search", "theme")
MOST = 200
NO_HISTORY = "direct messages have no history: the cluster forgets them once you have them"

HELP = """\
text                  says it in the room that you are in
@nick text            says it to nick alone
#room text            says it in another one of your rooms
/join #room [KEY]     enters a room, or goes back to it; who comes first owns it
/leave [#room]        leaves it
/rooms                which rooms there are
/who [#room]          who is there; without a room: everybody
/history [#room] [N]  the last N messages (50)
/topic [#room] [text] what a room is about; with a text, sets that (- clears it)
/guard [#room] [how]  what a room demands; its owner sets that with key=KEY,
                      by-invitation, private, topic (- in front ends it), open
/invite #room nick    lets nick in; only owners may, as what follows
/remove #room nick [why]  puts nick out, /mute and /unmute: nick may not speak
/owner #room nick     gives the room to nick, who is in it
/nick name            be called so from now on
/away [text], /back   shows you as away, or as here again
/whois name           who that is, and where
/register PASSWORD    your nickname is your own; /unregister PASSWORD: nobody's any more
/register OLD => NEW  another password
/me text              tells what you do: /me waves
//text                says a text that begins with a slash
/help                 this list
/quit, \\q, Ctrl-D     leaves the chat"""


def meant(line: str, current: str) -> Meant | None:
    """None: a blank line. Text goes to `current`. Raises WireError with a text that helps."""
    line = strip_plain(line.rstrip("\r\n"))
    if not line.strip():
        return None
    if not line.startswith("/") or line.startswith("//"):
        return parse(line, current)
    word, _, rest = line[1:].partition(" ")
    if word.lower() == "history":
        return _history(rest.split(), current)
    if word.lower() in OF_THE_SCREEN:
        raise WireError(Code.UNKNOWN_OP, f"/{word} is for the full-screen room, a join without --plain at a terminal")
    if word.lower() not in COMMANDS:
        raise WireError(Code.UNKNOWN_OP, _unknown(word))
    return parse(line, current)


def _history(words: list[str], current: str) -> History:
    limit = int(words.pop()) if words and words[-1].isdecimal() else 50
    if words and words[0].startswith("@"):
        raise WireError(Code.BAD_ROOM, NO_HISTORY)
    return History(room=words[0] if words else current, limit=max(1, min(MOST, limit)))


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word.lower(), COMMANDS, n=1, cutoff=0.5)
    hint = f"did you mean /{near[0]}?" if near else "/help lists what there is;"
    return f"there is no command /{word[:32]}; {hint} to say it as text, write //{word[:32]}"
