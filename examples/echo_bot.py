"""Repeats what is said to it: in a room to "echo: hello", and in private to anything."""

from client import ChatClient, MessageEvent, bot_arguments, run_bot

ANSWER = "you said: "


def answer(event: MessageEvent, nick: str) -> str:
    """What to say to it; "": nothing."""
    if event.own or event.history or event.text.startswith(ANSWER):
        return ""  # its own words, what was said before it came, and another bot of this kind: they would never end
    text = event.said_to(nick)
    return f"{ANSWER}{text[:4000]}" if text else ""


def main() -> None:
    given = bot_arguments(__doc__, nick="echo").parse_args()
    with ChatClient(given.server, given.nick, rooms=given.room, **given.login) as chat:
        print(f"in the chat as {chat.nick}", flush=True)
        for event in chat:
            if isinstance(event, MessageEvent) and (text := answer(event, chat.nick)):
                chat.say(text, event.reply_to)


if __name__ == "__main__":
    run_bot(main)
