"""A socket by TLS, for one thread: unlike an `ssl.SSLSocket` it can end its own way and go on reading."""

from __future__ import annotations

import ctypes
import select
import socket
import ssl
import time
from functools import cache
from pathlib import Path
from typing import Self

import pytest

from wire.tunnel import Tunnel, names

PATIENCE = 10.0


def key_update(tunnel: Tunnel) -> None:
    """The other side has to take a new key, and to answer with one: Python has no name for it."""
    library = _openssl()
    # Behind the object's head and its socket.
    behind = object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
    pointer = ctypes.c_void_p.from_address(id(vars(tunnel._tls)["_sslobj"]) + behind)
    assert library.SSL_key_update(pointer, 1) == 1
    assert library.SSL_do_handshake(pointer) == 1


@cache
def _openssl() -> ctypes.CDLL:
    if "libssl.so.3" not in Path("/proc/self/maps").read_text():
        pytest.skip("Python's OpenSSL is another one")
    library = ctypes.CDLL("libssl.so.3")
    library.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.SSL_do_handshake.argtypes = [ctypes.c_void_p]
    return library


class Tunnelled:
    """Connected to `address`, whose certificate is for `name`; the handshake is done when it is made. Raises
    ssl.SSLError, OSError. With `receive_buffer`: bytes that the kernel keeps for us."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, name: str, receive_buffer: int = 0) -> None:
        self.raw = socket.socket()
        if receive_buffer:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._tunnel = Tunnel(context, name=name)
        try:
            self.settimeout(PATIENCE)
            self.raw.connect(address)
            while not self._shake():
                self._tunnel.feed(self._more())
        except BaseException:  # nobody else has it to close it
            self.raw.close()
            raise

    def _shake(self) -> bool:
        try:
            return self._tunnel.shake()
        finally:
            self.raw.sendall(self._tunnel.take())

    def _more(self) -> bytes:
        data = self.raw.recv(65536)
        if not data:
            raise ConnectionResetError("no farewell")
        return data

    def settimeout(self, seconds: float) -> None:
        self.raw.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        self.raw.sendall(self._tunnel.write(data))

    def recv(self, most: int) -> bytes:
        """b"": the other side has ended it in order. Raises ConnectionResetError for another end."""
        while (data := self._tunnel.read(most)) is None:
            self._tunnel.feed(self._more())
        return data

    def exchange(self, data: bytes, wanted: int, within: float = 60.0) -> bytes:
        """Sends all of `data` and receives `wanted` bytes, both at once."""
        going, found, deadline = memoryview(self._tunnel.write(data)), bytearray(), time.monotonic() + within
        while going or len(found) < wanted:
            assert time.monotonic() < deadline, f"{len(going)} to send, {len(found)} of {wanted} have come"
            readable, writable, _ = select.select([self.raw], [self.raw] if going else [], [], 1.0)
            if writable:
                going = going[self.raw.send(going[:65536], socket.MSG_DONTWAIT) :]
            if readable:
                self._tunnel.feed(self._more())
                found += self._tunnel.read(1 << 20) or b""
        return bytes(found)

    def names(self) -> list[str]:
        """For whom the other side's certificate is."""
        return names(self._tunnel.certificate())

    def half_close(self) -> None:
        """We say no more, and go on to read."""
        self._tunnel.finish()
        self.raw.sendall(self._tunnel.take())

    def shutdown(self, how: int) -> None:
        """Of the socket alone: the other side can't know that it was us."""
        self.raw.shutdown(how)

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        self.raw.setsockopt(level, option, value)

    def close(self) -> None:
        """Of the socket alone."""
        self.raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
