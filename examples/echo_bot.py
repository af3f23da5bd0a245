"""A bot that repeats what is said to it: in a room to "echo: hello", and in private to anything.

    python examples/echo_bot.py --server 127.0.0.1:7700 --nick echo

Ctrl-C or SIGTERM: it leaves in order. Exit codes: 0 told to leave, 1 the chat ended by itself.
"""

from __future__ import annotations

import argparse
import signal
import sys

from client import ChatClient, ChatError, MessageEvent

ANSWER = "you said: "


def answer(event: MessageEvent, nick: str) -> str | None:
    """What to say to it, if anything."""
    if event.own or event.history or event.text.startswith(ANSWER):
        # Its own words, what was said before it came, and another bot of this kind: they would never end.
        return None
    called, colon, rest = event.text.partition(":")
    if event.private:
        rest = event.text
    elif not colon or called.casefold() != nick.casefold():
        return None
    return f"{ANSWER}{rest.strip()[:4000]}" if rest.strip() else None


def talk(chat: ChatClient) -> None:
    """Until the chat ends."""

    def heard(event: MessageEvent) -> None:
        text = answer(event, chat.nick)
        if text is not None:
            chat.say(text, event.reply_to)

    chat.on(MessageEvent, heard)
    chat.run()


def main() -> int:
    parser = argparse.ArgumentParser(description="Repeats what is said to it.")
    parser.add_argument("--server", action="append", metavar="HOST:PORT", help="several times: several nodes")
    parser.add_argument("--nick", default="echo")
    parser.add_argument("--room", action="append", default=[], help="beside #lobby; may be given several times")
    given = parser.parse_args()
    # Raised wherever the main thread is, which then leaves the `with`, and that the chat.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ChatClient(given.server or ["127.0.0.1:7700"], given.nick, rooms=given.room) as chat:
            print(f"in the chat as {chat.nick}", flush=True)
            talk(chat)
    except KeyboardInterrupt:
        pass
    except (ChatError, ValueError) as error:
        print(f"echo_bot: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
