"""ngIRCd (C) and InspIRCd (C++): RFC 1459."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path

from drill.bench.peer import ROOM, Kind, Quiet, Servers, process, program, written
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port, is_listening
from drill.processes.process import Process
from drill.processes.waiting import wait_until

START_WITHIN = 30.0
EVER, AT_ONCE = 2400, 8
"""Connections that each ngIRCd has had once before it is linked: more than half of the largest crowd. It lets the
kernel hold ten for it; of more each would wait for a second."""


class Irc(Quiet):
    """A server does not send a message back to who said it."""

    asks = b"PING"

    def __init__(self, run: int, number: int) -> None:
        super().__init__(run, number)
        self._joined = False

    def enter(self) -> bytes:
        return f"NICK {self.nick}\r\nUSER bench 0 * :bench\r\n".encode()

    def entered(self, seen: bytes) -> bool:
        return b" 366 " in seen

    def next(self, seen: bytes) -> bytes:
        if self._joined or b" 001 " not in seen:
            return b""
        self._joined = True
        return f"JOIN #{ROOM}\r\n".encode()

    def answer(self, data: bytes) -> bytes:
        if b"PING" not in data:
            return b""
        asked = re.findall(rb"^PING (\S+)", data, re.MULTILINE)
        return b"".join(b"PONG " + each + b"\r\n" for each in asked)

    def say(self, text: bytes) -> bytes:
        return b"PRIVMSG #" + ROOM.encode() + b" :" + text + b"\r\n"


class Ngircd(Process):
    """Its link to `caller`, if there is one, begins after both have had many connections.

    What a server keeps of all its connections is one piece of memory, which moves when there are more than ever before.
    The compression of the link is in there, and zlib refuses to go on with a stream that was moved: the link breaks
    ("Compression error: code -2") and stays so for `ConnectRetry`, while a crowd is coming in."""

    def __init__(
        self, name: str, argv: list[str], folder: Path, launcher: Launcher, port: int, caller: Process | None
    ) -> None:
        super().__init__(name, argv, folder, launcher)
        self._port = port
        self._caller = caller

    def start(self) -> None:
        """Returns when it has had them. Raises OSError, TimeoutError."""
        if self._caller is not None:
            self._caller.freeze()
        super().start()
        wait_until(lambda: is_listening(self._port), START_WITHIN, f"{self.name} listens")
        with ExitStack() as crowd:
            for number in range(EVER):
                crowd.enter_context(socket.create_connection((HOST, self._port), START_WITHIN))
                if number % AT_ONCE == AT_ONCE - 1:
                    self._come_and_go()
        self._come_and_go()
        if self._caller is not None:
            self._caller.thaw()

    def _come_and_go(self) -> None:
        """After that it has seen all that came, or went, before."""
        with socket.create_connection((HOST, self._port), START_WITHIN) as last:
            last.sendall(b"QUIT\r\n")
            last.recv(4096)


def ngircd(folder: Path, launcher: Launcher) -> Servers:
    path, ports = program("ngircd"), [free_port(), free_port()]
    made: list[Process] = []
    for number, port in enumerate(ports):
        name = f"irc{number + 1}"
        other = f"irc{2 - number}.bench"
        peer = f"Name = {other}\nHost = {HOST}\nMyPassword = bench\nPeerPassword = bench\n"
        # One of them calls the other.
        peer += f"Port = {ports[1]}\n" if number == 0 else "Passive = yes\n"
        text = (
            f"[Global]\nName = {name}.bench\nInfo = bench\nListen = {HOST}\nPorts = {port}\nMotdPhrase = bench\n"
            "[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\nConnectRetry = 1\n"
            f"[Options]\nDNS = no\nIdent = no\nPAM = no\n[Server]\n{peer}"
        )
        words = [path, "-n", "-f", written(folder / name, "ngircd.conf", text)]
        made.append(Ngircd(name, words, folder / name, launcher, port, made[0] if made else None))
    return Servers([(HOST, port) for port in ports], made, "Synchronization with")


def inspircd(folder: Path, launcher: Launcher) -> Servers:
    path, ports, links = program("inspircd"), [free_port(), free_port()], [free_port(), free_port()]
    made = []
    for number, port in enumerate(ports):
        name = f"irc{number + 1}"
        home = folder / name
        text = _inspircd_text(home, number, port, links)
        words = [path, "--nofork", "--runasroot", "--config", written(home, "inspircd.conf", text)]
        made.append(process(name, words, folder, launcher))
    return Servers([(HOST, port) for port in ports], made, "Finished bursting")


def _inspircd_text(home: Path, number: int, port: int, links: list[int]) -> str:
    other = f"irc{2 - number}.bench"
    limits = 'fakelag="no" commandrate="100000000" threshold="100000" recvq="1M" softsendq="64M" hardsendq="128M"'
    return "\n".join([
        f'<server name="irc{number + 1}.bench" description="bench" network="bench" id="{number + 1}AA">',
        '<admin name="bench" nick="bench" email="bench@bench">',
        f'<bind address="{HOST}" port="{port}" type="clients">',
        f'<bind address="{HOST}" port="{links[number]}" type="servers">',
        f'<connect allow="*" timeout="60" pingfreq="600" localmax="100000" globalmax="100000" maxchans="20" {limits}',
        ' resolvehostnames="no" useident="no" maxconnwarn="no">',
        '<performance nouserdns="yes" somaxconn="1024" softlimit="20000" quietbursts="yes" clonesonconnect="no">',
        '<module name="spanningtree">',
        f'<link name="{other}" ipaddr="{HOST}" port="{links[1 - number]}" allowmask="{HOST}" timeout="60"',
        ' sendpass="bench" recvpass="bench">',
        *([f'<autoconnect period="1" server="{other}">'] if number == 0 else []),
        f'<pid file="{home / "inspircd.pid"}">',
        f'<log method="file" type="*" level="normal" target="{home / f"irc{number + 1}.log"}" flush="1">',
        "",
    ])  # fmt: skip


NGIRCD = Kind(Irc, ngircd)
INSPIRCD = Kind(Irc, inspircd)
