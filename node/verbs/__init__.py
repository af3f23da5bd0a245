"""What clients ask for, one file a verb. The wire's state table has decided already what is legal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from node.verbs.ack import ack
from node.verbs.away import away, back
from node.verbs.blank import blank
from node.verbs.failed import failed
from node.verbs.hello import hello
from node.verbs.help import help_
from node.verbs.history import history
from node.verbs.join import join
from node.verbs.leave import leave
from node.verbs.nick import nick
from node.verbs.pacing import ask_too_fast
from node.verbs.ping import ping
from node.verbs.quit import quit_
from node.verbs.register import confirm, register, unregister
from node.verbs.rights import govern, guard
from node.verbs.rooms import rooms
from node.verbs.say import say
from node.verbs.topic import topic
from node.verbs.who import who
from node.verbs.whois import whois
from wire import Blank, Event, Help, WireError, frames

if TYPE_CHECKING:
    from node.connection import Connection

Verb: TypeAlias = "Callable[[Connection, Any], None]"

VERBS: Mapping[type[Any], Verb] = {
    frames.Hello: hello,
    frames.Confirm: confirm,
    frames.Register: register,
    frames.Unregister: unregister,
    frames.Say: say,
    frames.Ack: ack,
    frames.Join: join,
    frames.Leave: leave,
    frames.Who: who,
    frames.Rooms: rooms,
    frames.History: history,
    frames.SetTopic: topic,
    frames.Invite: govern,
    frames.Remove: govern,
    frames.Mute: govern,
    frames.Unmute: govern,
    frames.HandOver: govern,
    frames.GuardRoom: guard,
    frames.Rename: nick,
    frames.GoAway: away,
    frames.ComeBack: back,
    frames.Whois: whois,
    frames.Ping: ping,
    frames.Quit: quit_,
    Help: help_,
    Blank: blank,
}


def act(connection: Connection, event: Event) -> None:
    """Does what the client asked for. The connection's thread; may block on Redis."""
    if isinstance(event, WireError):
        failed(connection, event)
    elif not ask_too_fast(connection, event):
        VERBS[type(event)](connection, event)
