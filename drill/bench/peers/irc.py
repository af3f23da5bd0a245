"""ngIRCd (C) and InspIRCd (C++): RFC 1459."""

from __future__ import annotations

import re
from pathlib import Path

from drill.bench.peer import ROOM, Kind, Quiet, Servers, process, program, written
from drill.processes.launcher import Launcher
from drill.processes.ports import HOST, free_port


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


def ngircd(folder: Path, launcher: Launcher) -> Servers:
    path, ports = program("ngircd"), [free_port(), free_port()]
    made = []
    for number, port in enumerate(ports):
        name = f"irc{number + 1}"
        other = f"irc{2 - number}.bench"
        peer = f"Name = {other}\nHost = {HOST}\nMyPassword = bench\nPeerPassword = bench\n"
        # One of them calls the other.
        peer += f"Port = {ports[1]}\n" if number == 0 else "Passive = yes\n"
        text = (
            f"[Global]\nName = {name}.bench\nInfo = bench\nListen = {HOST}\nPorts = {port}\nMotdPhrase = bench\n"
            "[Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\nConnectRetry = 5\n"
            f"[Options]\nDNS = no\nIdent = no\nPAM = no\n[Server]\n{peer}"
        )
        words = [path, "-n", "-f", written(folder / name, "ngircd.conf", text)]
        made.append(process(name, words, folder, launcher))
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
