"""The front end for pipes and dumb terminals: lines in, clean lines out."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from typing import TextIO

from client import events as ev
from client.chat import ChatClient
from client.terminal import ending
from client.terminal.paint import plain
from client.terminal.stdin import Lines
from client.terminal.talk import Talk
from client.terminal.wording import Kind, Line, lines, trouble
from wire.lines import TooLong

WAIT_FOR_OUTCOMES = 30.0
A_PIECE = 0.5
_TO_STDERR = (Kind.NOTICE, Kind.TROUBLE)


class PlainFront:
    """Main thread: reads. A second thread prints the events; it ends with the last of them, and the
    client's end is that. When the reader of our output is gone, everything stops."""

    def __init__(self, chat: ChatClient, room: str, *, source: int, out: TextIO | None = None) -> None:
        """`source`: the file descriptor to read from."""
        self._chat = chat
        self._out = out or sys.stdout
        self._talk = Talk(chat, room, self._show, in_turn=WAIT_FOR_OUTCOMES)
        self._lines = Lines(source)
        self._printer = threading.Thread(target=self._print_events, name="hydrachat-print", daemon=True)
        self._printing = threading.Lock()  # guards the two streams: a line is not torn
        self._nobody_reads = False
        self._unread = ending.FAILED  # the exit code where nobody does

    def run(self, *, follow: bool) -> int:
        """The exit code. Raises KeyboardInterrupt and Terminated after leaving in order."""
        try:
            self._printer.start()
            self._read()
            if follow and not self._talk.quitting:
                self._lines.wait()
            else:
                self._await_outcomes()
        finally:
            self._leave()
        verdict = ending.verdict(self._chat, self._talk.tally)
        return verdict or (self._unread if self._nobody_reads else ending.OK)

    def _read(self) -> None:
        for line in self._lines:
            if isinstance(line, TooLong):
                self._talk.tally.refused()
                self._show(trouble(f"a line of more than {line.limit} bytes can't be said"))
                continue
            text = self._talk.typed(line)
            if text:
                self._write(self._out, text)
            if self._talk.quitting or self._nobody_reads:
                return

    def _await_outcomes(self) -> None:
        # In pieces: a signal that comes just before one begins is heeded when it is over.
        until = time.monotonic() + WAIT_FOR_OUTCOMES
        while not self._chat.flush(A_PIECE) and self._printer.is_alive() and time.monotonic() < until:
            pass

    def _leave(self) -> None:
        # Counted before: what is pending when we leave fails with the leaving.
        missing = ending.unaccepted(self._talk.tally)
        self._chat.quit()
        if self._printer.ident is not None:
            self._printer.join()
        self._lines.close()
        if missing:
            self._write(sys.stderr, f"hydrachat: {missing}")

    def _print_events(self) -> None:
        while (event := self._chat.next_event()) is not None:
            self._talk.saw(event)
            for line in lines(event, self._talk.current):
                self._show(line)
            if isinstance(event, ev.Stopped):
                self._lines.stop()

    def _show(self, line: Line) -> None:
        self._write(sys.stderr if line.kind in _TO_STDERR else self._out, plain(line))

    def _write(self, stream: TextIO | None, text: str) -> None:
        # A stream that was closed before we started is None.
        if stream is None or (self._nobody_reads and stream is self._out):
            return
        try:
            with self._printing:
                stream.write(text + "\n")
                stream.flush()
        except OSError as error:  # a pipe without a reader, a closed terminal, a full disk
            self._nobody_reads = True
            self._unread = ending.UNREAD if isinstance(error, BrokenPipeError) else ending.FAILED
            self._lines.stop()
            if stream is sys.stdout:
                # The interpreter flushes at its end; give it something that takes it.
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
                if error.errno == errno.ENOSPC:
                    self._write(sys.stderr, f"hydrachat: the output can't be written: {error.strerror}")
