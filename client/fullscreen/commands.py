"""What can be typed: the commands, their help, and what a line means. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from wire.codes import Code
from wire.errors import WireError
from wire.text import strip_plain


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    usage: str  # what follows the name
    help: str
    aliases: tuple[str, ...] = ()


COMMANDS = (
    Command("join", "#room [key]", "enter a room, or go back to it; who comes first owns it", ("j",)),
    Command("leave", "[#room]", "leave a room, or close a conversation", ("part", "close")),
    Command("rooms", "", "which rooms there are", ("list",)),
    Command("who", "[#room]", "who is there; without a room: everybody", ("names",)),
    Command("whois", "nick", "what is known of somebody"),
    Command("msg", "nick [text]", "say it to nick alone; without a text: open the conversation", ("query",)),
    Command("me", "text", "say what you do"),
    Command("topic", "[#room] [text]", "what a room is about; with a text: change it (- clears it)"),
    Command("guard", "[#room] [how]", "what a room demands; owners: key=…, by-invitation, private, topic, open"),
    Command("invite", "[#room] nick [text]", "let somebody in; only owners may, as the next ones"),
    Command("remove", "[#room] nick [why]", "put somebody out of the room"),
    Command("unmute", "[#room] nick", "let somebody speak there again"),
    Command("owner", "[#room] nick", "give the room to somebody in it"),
    Command("history", "[N]", "load N (50) older messages of this room"),
    Command("search", "[text]", "find it above, again: further up; without a text: no more", ("lastlog",)),
    Command("away", "[text]", "tell the others that you are away, and why"),
    Command("back", "", "tell them that you are here again"),
    Command("nick", "name", "take another nickname"),
    Command("go", "name or number", "go to a conversation"),
    Command("mute", "[#room or @nick]", "no bell for it; again: bell. Owners: #room nick: nick may not speak there"),
    Command("theme", "[name]", "another look; without a name: which there are"),
    Command("register", "password", "your nickname is your own; the password is not shown nor kept"),
    Command("unregister", "password", "your nickname is nobody's own any more"),
    Command("clear", "", "empty the screen, not the log"),
    Command("help", "[command]", "this list"),
    Command("quit", "", "leave the chat", ("exit", "q")),
)
BY_WORD = {word: one for one in COMMANDS for word in (one.name, *one.aliases)}
OTHERS = (
    ("text", "say it in the conversation that you are in"),
    ("@nick text", "say it to nick alone"),
    ("#room text", "say it in another one of your rooms"),
    ("//text", "say a text that begins with a slash"),
    ("\\q", "leave the chat"),
)
KEYS = (
    ("Enter", "send; Alt+Enter or Ctrl+J: new line"),
    ("Tab, Shift+Tab", "complete a nickname, a room, a command, and what may stand behind it; again: the next one"),
    ("Up, Down", "what you typed before"),
    ("PageUp, PageDown", "scroll; older messages are loaded at the top"),
    ("Ctrl+End, Esc", "go to the newest message, end a search"),
    ("Ctrl+N, Ctrl+P", "next and previous conversation (also Alt+Right, Alt+Left); Alt+1 … Alt+0: by number"),
    ("Alt+A", "next conversation with something unread, mentions first; when all is read, back to where you were"),
    ("Ctrl+F", "search; again: further up"),
    ("F1", "this help"),
    ("F2, F3", "show or hide the conversations, the members"),
    ("Ctrl+A, Ctrl+E", "beginning and end of the line; Ctrl+Left, Ctrl+Right: by words"),
    (
        "Ctrl+W, Alt+D, Ctrl+U, Ctrl+K",
        "delete a word, the next one, to the beginning, to the end; Ctrl+Y: put it here",
    ),
    ("Ctrl+Z", "undo what was typed last"),
    ("Ctrl+L", "paint the screen again"),
    ("Ctrl+D", "leave, where nothing is typed; Ctrl+C: clears what is typed, then leaves"),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """`word`: a command's name; "say": `rest` goes to `to`; "": nothing was typed."""

    word: str
    rest: str = ""
    to: str = ""


def meant(line: str, current: str) -> Typed:
    """What a typed text, perhaps of several lines, asks for; plain text goes to `current`. Raises WireError."""
    text = "\n".join(strip_plain(one) for one in line.split("\n")).strip("\n")
    if not text.strip():
        return Typed("")
    if text == "\\q":
        return Typed("quit")
    if text.startswith("//"):
        return Typed("say", text[1:], current)
    if text.startswith("/"):
        return _command(text[1:])
    if text[0] in "@#" and text[1:2].strip():
        return _addressed(text)
    return Typed("say", text, current)


def _command(text: str) -> Typed:
    word, _, rest = text.partition(" ")
    known = BY_WORD.get(word.lower())
    if known is None:
        raise WireError(Code.UNKNOWN_OP, _unknown(word))
    return Typed(known.name, rest.strip())


def _addressed(text: str) -> Typed:
    to, _, rest = text.partition(" ")
    to = to.rstrip(":,")
    if not rest.strip():
        raise WireError(Code.BAD_TEXT, f"say what? Write {to} and then the text")
    return Typed("say", rest.lstrip(), to)


def near(word: str) -> str | None:
    """The command that is nearest to an unknown one."""
    found = difflib.get_close_matches(word.lower(), BY_WORD, n=1, cutoff=0.5)
    return BY_WORD[found[0]].name if found else None


def _unknown(word: str) -> str:
    word = word.split("\n", 1)[0][:32]
    meaning = near(word)
    hint = f"did you mean /{meaning}?" if meaning else "/help lists what there is;"
    return f"there is no command /{word}; {hint} to say it as text, write //{word}"
