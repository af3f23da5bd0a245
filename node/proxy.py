"""The PROXY protocol, versions 1 and 2: how a balancer tells where a client really comes from.

`missing` says how many bytes may be read without taking one that belongs to the client, `source` what the whole header
tells. Both are pure; `read` does it with a socket.
"""

from __future__ import annotations

import socket
import struct
import time
from functools import cache
from ipaddress import IPv4Address, IPv6Address

from wire import Address

V1 = b"PROXY "
V2 = b"\r\n\r\n\x00\r\nQUIT\n"
MOST_V1 = 107
"""Bytes of a header of version 1, its end of line included (the specification)."""
MOST_V2 = 4096
"""Bytes of one of version 2 that we take: 52 of addresses, and what the balancer adds of its own (TLVs)."""
WITHIN = 3.0
"""Seconds for the header; the balancer sends it in one piece as it connects."""
_FIXED = 16
_LOCAL, _PROXY = 0, 1
_UNKNOWN, _TCP4, _TCP6, _UNIX = 0x00, 0x11, 0x21, 0x31
_ADDRESSES = {_UNKNOWN: 0, _TCP4: 12, _TCP6: 36, _UNIX: 216}
_CRC = 0x03
_CASTAGNOLI = 0x82F63B78


class BadProxy(ValueError):
    """The text says what is wrong with the header."""


def begins(data: bytes) -> bool:
    """Whether `data`, the first that a client says, begins as a header does."""
    return data.startswith((V1, V2))


def missing(data: bytes) -> int:
    """Of a header that begins with `data`: how many bytes more may be read. 0: it is whole. Raises BadProxy."""
    if not (V1.startswith(data[: len(V1)]) or V2.startswith(data[: len(V2)])):
        raise BadProxy("no PROXY header, though one must come first from here")
    if len(data) < len(V2):
        return len(V2) - len(data)
    return _missing_v1(data) if data.startswith(V1) else _missing_v2(data)


def source(header: bytes) -> Address | None:
    """Where the client comes from; None: the balancer speaks for itself, or does not know. Raises BadProxy."""
    return _source_v1(header) if header.startswith(V1) else _source_v2(header)


def read(sock: socket.socket, within: float) -> Address | None:
    """`source` of the header that must come within so many seconds; nothing behind it is read. Its client's thread.
    Raises BadProxy; OSError if the connection ends before the first byte, as a balancer's check of a port does."""
    data, until = b"", time.monotonic() + within
    try:
        while wanted := missing(data):
            piece = _receive(sock, wanted, until)
            if not piece and not data:
                raise ConnectionAbortedError("closed before it said anything")
            if not piece:
                raise BadProxy("the connection ended within the PROXY header")
            data += piece
    finally:
        sock.settimeout(None)
    return source(data)


def _receive(sock: socket.socket, size: int, until: float) -> bytes:
    try:
        sock.settimeout(max(0.001, until - time.monotonic()))
        return sock.recv(size)
    except TimeoutError:
        raise BadProxy("no whole PROXY header in time, though one must come first from here") from None


# -- version 1: a line --------------------------------------------------------------------


def _missing_v1(data: bytes) -> int:
    if data.endswith(b"\r\n"):
        return 0
    if b"\n" in data or b"\r" in data[:-1] or len(data) >= MOST_V1:
        raise BadProxy(f"a header of version 1 is one line of at most {MOST_V1} bytes")
    return min(1 if data.endswith(b"\r") else 2, MOST_V1 - len(data))


def _source_v1(header: bytes) -> Address | None:
    try:
        family, *words = header.decode("ascii").removesuffix("\r\n").split(" ")[1:]
    except UnicodeDecodeError:
        raise BadProxy("a header of version 1 is ASCII") from None
    if family == "UNKNOWN":
        return None
    if family not in ("TCP4", "TCP6") or len(words) != 4:
        raise BadProxy("write PROXY TCP4|TCP6 source destination port port, or PROXY UNKNOWN")
    found, _ = [Address(_host(family, host), _port(port)) for host, port in zip(words[:2], words[2:], strict=True)]
    return found


def _host(family: str, text: str) -> str:
    try:
        if family == "TCP4":
            return str(IPv4Address(text))
        return _shown(IPv6Address("" if "%" in text else text))
    except ValueError:
        raise BadProxy("an address in the header is none") from None


def _port(text: str) -> int:
    if not (text.isdigit() and len(text) <= 5 and int(text) <= 65535 and str(int(text)) == text):
        raise BadProxy("a port in the header is none")
    return int(text)


def _shown(host: IPv6Address) -> str:
    return str(host.ipv4_mapped or host)


# -- version 2: binary ---------------------------------------------------------------------


def _missing_v2(data: bytes) -> int:
    if len(data) < _FIXED:
        return _FIXED - len(data)
    whole = _FIXED + int.from_bytes(data[14:16])
    if whole > MOST_V2:
        raise BadProxy(f"a header of more than {MOST_V2} bytes")
    return whole - len(data)


def _source_v2(header: bytes) -> Address | None:
    version, command = header[12] >> 4, header[12] & 0x0F
    if version != 2 or command not in (_LOCAL, _PROXY):
        raise BadProxy("neither LOCAL nor PROXY of version 2")
    if command == _LOCAL:
        return None  # whatever else it says is to be passed over
    kind, rest = header[13], header[_FIXED:]
    size = _ADDRESSES.get(kind)
    if size is None or len(rest) < size:
        raise BadProxy("the header is not about a TCP connection, or its addresses are cut off")
    _check_additions(header, _FIXED + size)
    if kind == _TCP4:
        return Address(str(IPv4Address(rest[:4])), int.from_bytes(rest[8:10]))
    return Address(_shown(IPv6Address(rest[:16])), int.from_bytes(rest[32:34])) if kind == _TCP6 else None


def _check_additions(header: bytes, at: int) -> None:
    """Passes over the TLVs, but for a checksum. Raises BadProxy."""
    is_checked = False
    while at < len(header):
        if at + 3 > len(header):
            raise BadProxy("an addition to the header is cut off")
        kind, size = struct.unpack_from("!BH", header, at)
        begin, at = at + 3, at + 3 + size
        if at > len(header):
            raise BadProxy("an addition to the header is cut off")
        if kind != _CRC:
            continue
        # Each look goes over the whole header, which has room for hundreds of them.
        if is_checked or size != 4 or _crc32c(header, begin) != int.from_bytes(header[begin:at]):
            raise BadProxy("the checksum of the header is wrong, or there are two")
        is_checked = True


def _crc32c(header: bytes, at: int) -> int:
    """Of the whole header, its own four bytes at `at` taken as 0."""
    crc, table = 0xFFFFFFFF, _table()
    for byte in header[:at] + bytes(4) + header[at + 4 :]:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> list[int]:
    found = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_CASTAGNOLI if value & 1 else 0)
        found.append(value)
    return found
