"""The plain dialect: lines of text, for `nc` and people. Fixed texts, and the doors to both ways."""

from __future__ import annotations

from wire.plain_input import UNNUMBERED, Help, PlainCommand, parse
from wire.plain_output import private_copy, render

__all__ = ["ASK", "GREETING", "HELP", "UNNUMBERED", "Help", "PlainCommand", "parse", "private_copy", "render"]

GREETING = b"Welcome to Hydrachat. What is your nickname?\n"
"""The first line of every connection, whichever dialect the client is going to speak."""

ASK = b"What is your nickname?\n"
"""Asks once more, after a refusal."""

HELP = b"""\
* text               say it in the room that you joined last (#lobby at first)
* @nick text         tell it to one person; /msg nick text does the same
* #room text         say it in another room of yours
* /join #room [KEY]  join a room; who comes first owns it
* /leave [#room]     leave it
* /who [#room]       who is in the room, or on-line at all
* /rooms             which rooms there are
* /topic [#room]     what the room is about; with a text behind it, sets that (- clears it)
* /guard [#room]     what a room demands; its owner sets that with key=KEY, by-invitation, private, topic, open
* /invite [#room] name   let somebody in (owners only, as what follows)
* /remove [#room] name [why]   put somebody out
* /mute, /unmute [#room] name   keep somebody from speaking there, or no more
* /owner [#room] name   give the room to somebody in it
* /nick name         be called so from now on
* /away [text]       be shown as away, until /back
* /whois name        who that is, and where
* /register PASSWORD your nickname is yours alone from now on: come with "nickname PASSWORD"
* /register OLD => NEW   another password
* /unregister PASSWORD   it is nobody's any more
* /me text           tell what you do: /me waves
* //text             say a text that begins with a slash
* /help              this list
* /quit or \\q        leave
"""
"""Answers /help."""
