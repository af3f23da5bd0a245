"""Every command that Redis is sent, by who sent it; and which of them a user with another rule could not send."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterable, Sequence
from typing import Any

Command = tuple[bytes, ...]

WITH_SUBCOMMAND = {"client", "script", "pubsub", "config", "acl", "sentinel"}
_FREE = {"auth", "hello", "echo", "quit"}
"""Anybody may, or it is our own mark."""
_LINE = re.compile(rb"\[\d+ (\S+)\] (.*)")
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(rb"\\(x[0-9a-f]{2}|.)")
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}
_MARK = "at-work:"
_END = "end"
_PATIENCE = 60.0
"""Seconds for what Redis still has for us: we may note more slowly than it tells."""


def named(command: Command) -> str:
    """As rules name it: with its subcommand, if it has any."""
    name = command[0].decode().lower()
    return f"{name}|{command[1].decode().lower()}" if name in WITH_SUBCOMMAND else name


class Watch:
    """MONITOR: commands by who sent them: `node`, or whoever is `at_work`. A script's commands are its sender's. Its
    thread ends with the connection."""

    def __init__(self, port: int) -> None:
        self.sent: dict[str, set[Command]] = {}
        self._port = port
        self._at_work = self._last = ""
        self._nodes: set[bytes] = set()
        self._ended = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.settimeout(None)
        self._lines = self._socket.makefile("rb")
        self._socket.sendall(b"MONITOR\r\n")
        assert self._lines.readline() == b"+OK\r\n"
        self._thread = threading.Thread(target=self._run, name="watch")
        self._thread.start()

    def at_work(self, role: str) -> None:
        """From here on what isn't a node's is this role's; "": nobody's. What we read lags behind, so it is said in
        Redis, between what comes before and after."""
        with socket.create_connection(("127.0.0.1", self._port), 10) as marker:
            marker.sendall(f"ECHO {_MARK}{role}\r\n".encode())
            assert marker.recv(100).startswith(b"$")

    def used(self, role: str) -> set[str]:
        """The names of its commands."""
        return {named(command) for command in self.sent.get(role, set()).copy()} - _FREE

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # Redis is ended before us
            for line in self._lines:
                found = _LINE.search(line)
                if found:
                    self._note(found[1], tuple(_plain(word) for word in _WORD.findall(found[2])))
        self._ended.set()

    def _note(self, sender: bytes, command: Command) -> None:
        name = named(command)
        if name == "echo" and command[1].startswith(_MARK.encode()):
            self._at_work = command[1].decode().removeprefix(_MARK)
            if self._at_work == _END:
                self._ended.set()
            return
        if name == "client|setname" and command[2].startswith(b"hydrachat-n"):
            self._nodes.add(sender)
        if sender != b"lua":
            self._last = "node" if sender in self._nodes else self._at_work
        if self._last:
            self.sent.setdefault(self._last, set()).add(command)

    def close(self) -> None:
        """When all that was sent so far is noted."""
        with contextlib.suppress(OSError):  # Redis was ended before us
            self.at_work(_END)
            self._ended.wait(_PATIENCE)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._lines.close()
        self._socket.close()


def _plain(word: bytes) -> bytes:
    return _ESCAPED.sub(
        lambda found: bytes.fromhex(found[1][1:].decode()) if len(found[1]) == 3 else _SIGNS.get(found[1], found[1]),
        word,
    )


def refused(admin: Any, words: Iterable[str], commands: Sequence[Command]) -> list[tuple[Command, str]]:
    """Those of `commands` that Redis (7 or later) would refuse to a user with the rule `words`, and what it says."""
    admin.execute_command("ACL", "SETUSER", "probe", "reset", "on", ">probe", *words)
    with admin.pipeline(transaction=False) as asked:
        for command in commands:
            asked.execute_command("ACL", "DRYRUN", "probe", *command)
        answers = [str(answer) for answer in asked.execute()]
    assert not [answer for answer in answers if "wrong number" in answer or "not found" in answer]
    return [(command, answer) for command, answer in zip(commands, answers, strict=True) if answer != "OK"]
