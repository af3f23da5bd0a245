"""Which connection carries the session: dialling, resuming, moving, noticing the dead.

A pure state machine: it is told what happened and when, and returns what to do. At any time there
is at most one `active` connection (a welcome came on it) and one `candidate` (on its way to one).

    IDLE -> DIALLING <-> ACTIVE -> QUITTING -> STOPPED      (STOPPED is reached from everywhere)

    DIALLING  no active connection; a candidate, or a time at which to dial again
    ACTIVE    talking; with a candidate as well while it moves (make-before-break)

A candidate that said hello and was given up may still be carried out later, by a node that slept, or that
was about to leave: it then takes the session from us (`TAKEN_OVER`). Such late hellos are counted, so that
they are told from a real rival.
"""

from __future__ import annotations

from client.actions import Action, Close
from client.errors import ChatError, Refused
from client.events import Disconnected, Notice, Stopped
from client.link import Link
from client.links import Links, Phase
from client.reading import Hole
from client.remedy import Remedy, to_connection, to_hello
from client.unsent import Stuck
from wire.codes import Code, may_retry
from wire.frames import INBOX, Bye, Error, Message, Ping, Pong, Quit, Reconnect, ServerFrame, Welcome
from wire.states import State, ends


class Failover(Links):
    """Every method returns the actions to carry out, in order. One thread at a time; `now` is
    seconds on a clock that never goes back."""

    # -- what happened -------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Dial for the first time."""
        self.phase = Phase.DIALLING
        self._dial_at = now
        return self.tick(now)

    def connected(self, number: int, now: float) -> list[Action]:
        """The connection stands."""
        link = self._candidate
        if link is not None and link.number == number:
            self._greet(link, now)
        return self._done(now)

    def heard(self, number: int, now: float) -> None:
        """Bytes came, perhaps not a whole frame yet."""
        if self._active is not None and self._active.number == number:
            self._active.hears(now)

    def received(self, number: int, frame: ServerFrame, now: float) -> list[Action]:
        """A frame came."""
        if self._candidate is not None and self._candidate.number == number:
            self._on_candidate(self._candidate, frame, now)
        elif self._active is not None and self._active.number == number:
            self._active.hears(now)
            self._on_active(self._active, frame, now)
        return self._done(now)

    def unreadable(self, number: int, code: int, text: str, now: float) -> list[Action]:
        """A line came that was no frame. If it was an entry, the next one shows the hole."""
        if self._candidate is not None and self._candidate.number == number:
            self._candidate_failed(text, now)
        elif self._active is not None and self._active.number == number:
            self._emit([Notice(code, text)])
        return self._done(now)

    def lost(self, number: int, reason: str, now: float, *, hopeless: bool = False) -> list[Action]:
        """The connection broke, or could not be made. `hopeless`: trying that address again would be in vain."""
        if self._candidate is not None and self._candidate.number == number:
            (self._hopeless.add if hopeless else self._hopeless.discard)(self._candidate.address)
            self._candidate_failed(reason, now)
            self._despair()
        elif self._active is not None and self._active.number == number:
            self._active_lost(reason, now)
        return self._done(now)

    def tick(self, now: float) -> list[Action]:
        """Time went by: at `deadline`, after anything was said or asked, or any time else."""
        # We may be late ourselves: what came meanwhile goes before any judgement.
        silent = min(now, self.looked)
        if self.phase is Phase.QUITTING and silent >= self._quit_until:
            self._stop(None)
        if self._candidate is not None and silent >= self._candidate.until:
            self._candidate_failed("no answer in time", now)
        if self._active is not None and self._active.dead(silent) and not self.paused:
            self._active_lost("nothing was heard from it", now)
        if self._dial_at is not None and now >= self._dial_at:
            self._dial(self._book.next(), now)
        target = self._move.take(now)
        if target is not None and self._candidate is None:
            self._dial(target, now)
        if self.phase is Phase.DIALLING:
            self._emit(self._outage.check(next(reversed(self.failures.values()), "no node answers"), now))
        return self._done(now)

    def quit(self, now: float) -> list[Action]:
        """Leave in order."""
        if self.phase is Phase.ACTIVE and self._active is not None:
            ack = self.conversation.stay.inbound.ack(now, force=True)
            if ack is not None:
                self._send(self._active, ack, now)
            self._send(self._active, Quit(), now)
            self.phase = Phase.QUITTING
            self._quit_until = now + self._settings.quit_timeout
            self._give_up_candidate(now)
            self._move.cancel()
        elif self.phase is Phase.DIALLING and self._candidate is not None and self._candidate.greeted:
            # The hello may be carried out, and its session would stay for the grace.
            self._send(self._candidate, Quit(), now)
            self.phase = Phase.QUITTING
            self._quit_until = now + self._settings.quit_timeout
        elif self.phase is not Phase.QUITTING:
            self._stop(None)
        return self._done(now)

    def stop(self, error: ChatError | None) -> list[Action]:
        """Close everything now."""
        self._stop(error)
        return self._drained()

    # -- a connection on its way ---------------------------------------------------------

    def _on_candidate(self, link: Link, frame: ServerFrame, now: float) -> None:
        if self.phase is Phase.QUITTING:
            if isinstance(frame, Bye | Error):
                self._stop(None)
        elif isinstance(frame, Welcome):
            self._welcomed(link, frame, now)
        elif isinstance(frame, Error):
            self._hello_refused(link, frame, now)
        elif isinstance(frame, Bye):
            self._candidate_failed(frame.text or "the node said bye", now)

    def _welcomed(self, link: Link, frame: Welcome, now: float) -> None:
        if self._active is not None:
            self._actions.append(Close(self._active.number))
        self._active, self._candidate = link, None
        self.phase = Phase.ACTIVE
        self._dial_at = None
        self._move.cancel()
        self._outage.end()
        self._renewal.end()
        link.welcomed(frame.heartbeat, now)
        self.failures.clear()
        self._book.learn(frame.nodes, link.address)
        try:
            self._emit(self.conversation.welcomed(frame, str(link.address), now))
        except Stuck as stuck:
            self._begin_anew(link, str(stuck), now)

    def _hello_refused(self, link: Link, frame: Error, now: float) -> None:
        # What may be tried again may have been begun: only a final word is an answer to the hello itself.
        link.greeted, link.refused = may_retry(frame.code), True
        resuming = self.conversation.stay.session is not None
        renewing = self.conversation.stay.lost is not None and not resuming
        remedy = to_hello(frame, resuming=resuming)
        if self._active is not None or remedy is Remedy.ELSEWHERE or self._late.explains(remedy, now):
            self._candidate_failed(frame.text, now, frame.after / 1000)
        elif remedy is Remedy.NEW_SESSION:
            if frame.code == Code.TOKEN_SPENT:
                self._emit([Notice(frame.code, frame.text)])
            self._emit(self.conversation.abandon(now))
            self._candidate_failed(frame.text, now) if ends(frame, State.WAITING) else self._greet(link, now)
        elif renewing and self._renewal.bears(frame, now):
            self._candidate_failed(frame.text, now)
        elif renewing:
            self._stop(self._renewal.verdict(frame, now))
        else:
            self._stop(Refused(frame.code, frame.text, frame.suggestion))

    def _candidate_failed(self, reason: str, now: float, after: float = 0.0) -> None:
        """`after`: seconds for which the node does not want to see us."""
        link = self._give_up_candidate(now)
        if link is not None:
            self._note_failure(link, reason)
        if self.phase is Phase.QUITTING:
            self._stop(None)
        elif self._active is not None:
            self._move.go_on(now)
        elif self.phase is Phase.DIALLING:
            # Somebody who starts a client waits for it: the first round is not slowed down.
            first_round = self.conversation.stay.session is None and not self._book.rounds
            self._dial_at = now + (0.0 if first_round and not after else self._backoff.next(after))

    def _despair(self) -> None:
        """Who has not come in anywhere yet need not wait where waiting does not help."""
        if self.conversation.stay.session is None and self._hopeless >= self._book.known:
            self._stop(self.unreachable())

    # -- the connection that carries the session -----------------------------------------

    def _on_active(self, link: Link, frame: ServerFrame, now: float) -> None:
        if isinstance(frame, Bye):
            self._active_lost(frame.text or "the node said bye", now)
        elif isinstance(frame, Pong) and frame.nodes:
            self._book.learn(frame.nodes, link.address)
        elif isinstance(frame, Reconnect):
            self._move.plan(frame, link.address, self._book.others(link.address), now)
        elif isinstance(frame, Error) and frame.n is None and frame.id is None:
            self._connection_error(link, frame, now)
        elif not (self.phase is Phase.QUITTING and isinstance(frame, Message) and frame.log == INBOX):
            # Who has quit can't acknowledge a letter any more: it waits for him, or its sender gets no receipt.
            self._talk(link, frame, now)

    def _talk(self, link: Link, frame: ServerFrame, now: float) -> None:
        try:
            self._emit(self.conversation.received(frame, now))
        except Hole as hole:
            self._active_lost(str(hole), now)
        except Stuck as stuck:
            self._begin_anew(link, str(stuck), now)

    def _connection_error(self, link: Link, frame: Error, now: float) -> None:
        remedy = to_connection(frame)
        if remedy is Remedy.STAY:
            self._talk(link, frame, now)
        elif remedy is Remedy.NEW_SESSION:
            self._emit(self.conversation.abandon(now))
            self._active_lost(frame.text, now)
        elif remedy is Remedy.TAKEN and self._candidate is not None:
            # Our own move took it; its welcome is on the way.
            self._active_lost(frame.text, now, told=False)
        elif remedy is Remedy.ELSEWHERE or self._late.explains(remedy, now):
            self._active_lost(frame.text, now)
        else:
            self._stop(Refused(frame.code, frame.text))

    def _begin_anew(self, link: Link, reason: str, now: float) -> None:
        self._send(link, Quit(), now)
        self._late.ghost(now)
        self._emit(self.conversation.abandon(now))
        self._active_lost(reason, now)

    def _active_lost(self, reason: str, now: float, *, told: bool = True) -> None:
        link, self._active = self._active, None
        if link is None:
            return
        self._actions.append(Close(link.number))
        if self.phase is Phase.QUITTING:
            self._stop(None)
            return
        self.phase = Phase.DIALLING
        self._outage.begin(now)
        self._move.cancel()
        self.conversation.disconnected()
        if told:
            self._emit([Disconnected(self.conversation.stay.node, reason)])
        self._note_failure(link, reason)
        if now - link.since >= self._settings.lived:
            self._backoff.reset()
        if self._candidate is None:
            self._book.restart(link.address)
            self._dial_at = now + self._backoff.next()

    # -- inside --------------------------------------------------------------------------

    def _done(self, now: float) -> list[Action]:
        if self._active is not None and self.phase is Phase.ACTIVE:
            for frame in self.conversation.outgoing(now):
                self._send(self._active, frame, now)
            self._emit(self.conversation.tick(now))
            if now >= self._active.ping_at:
                self._send(self._active, Ping(), now)
        return self._drained()

    def _note_failure(self, link: Link, reason: str) -> None:
        self.failures.pop(link.address, None)  # the newest stands last
        self.failures[link.address] = reason

    def _stop(self, error: ChatError | None) -> None:
        if self.phase is Phase.STOPPED:
            return
        self.phase = Phase.STOPPED
        for link in (self._candidate, self._active):
            if link is not None:
                self._actions.append(Close(link.number))
        self._candidate = self._active = None
        self._dial_at = None
        self._move.cancel()
        self._outage.end()
        self._emit([Stopped(error)])
