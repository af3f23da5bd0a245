"""TLS to a node: a `Transport` that lets nobody in between, and never does without TLS instead."""

from __future__ import annotations

import selectors
import ssl
from collections.abc import Callable

from client.errors import LinkLost, Untrusted
from client.transport import CHUNK, SocketAddress, Transport
from client.trust import Trust, blamed, fault, is_other_name
from wire.address import Address
from wire.codec import decode_server
from wire.codes import Code
from wire.errors import WireError
from wire.frames import Error
from wire.tunnel import Tunnel, is_tls, names, reason

MOST_WAITING = 2 * CHUNK
"""Bytes that wait encrypted: a piece of what is said, and what TLS itself has to say."""


class TlsTransport:
    """A `Transport` over one that `make` makes; over several, one after the other, where names have to be tried."""

    def __init__(self, make: Callable[[], Transport], trust: Trust, address: Address) -> None:
        self._make = make
        self._trust = trust
        self._host = address.host
        self._wanted = tuple(trust.names(address))
        self._names = list(self._wanted)  # those that were not tried yet
        self._where: SocketAddress | None = None
        self._inner: Transport | None = None
        self._tunnel: Tunnel | None = None
        self._out = b""
        self._heard = False
        self._trusted = False  # only then anything is said or believed

    # -- on the way to being established --------------------------------------------------

    def fileno(self) -> int:
        return self._in_use().fileno()

    def connect(self, where: SocketAddress) -> None:
        self.close()
        self._tunnel, self._out, self._heard = None, b"", False
        self._where, self._inner = where, self._make()
        self._inner.connect(where)

    @property
    def wants(self) -> int:
        if self._tunnel is None:
            return self._in_use().wants
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)

    def established(self) -> bool:
        if self._tunnel is None:
            if not self._in_use().established():
                return False
            self._tunnel = self._begun()
        self._take_in(self._tunnel)
        try:
            done = self._tunnel.shake()
        except ssl.SSLError as error:
            self._push(self._tunnel)  # says why, as far as it goes
            return self._refused(error)
        self._push(self._tunnel)
        if done and not self._names:
            raise Untrusted(blamed(self._host, names(self._tunnel.certificate()), self._wanted))
        if done:
            self._trust.worked(self._names[0])
            self._trusted = True
        return done

    def _begun(self) -> Tunnel:
        """The handshake with the name whose turn it is; without any left only to see for whom the certificate is."""
        if not self._names:
            return Tunnel(self._trust.any_name)
        try:
            return Tunnel(self._trust.context, name=self._names[0])
        except ValueError as error:
            raise Untrusted(f"{self._names[0]!r} can't be in a certificate ({error}); give --tls-name NAME") from None

    def _take_in(self, tunnel: Tunnel) -> None:
        data = self._in_use().recv()
        if data == b"":
            raise LinkLost("it closed the connection while TLS was being agreed on")
        if data and not self._heard and not is_tls(data):
            raise _plain(data)
        if data:
            self._heard = True
            tunnel.feed(data)

    def _refused(self, error: ssl.SSLError) -> bool:
        if not isinstance(error, ssl.SSLCertVerificationError):
            raise LinkLost(f"TLS failed: {reason(error)}") from error
        if not is_other_name(error) or self._where is None:
            raise Untrusted(fault(self._host, error)) from error
        self._names.pop(0)
        self.connect(self._where)
        return False

    # -- established ----------------------------------------------------------------------

    @property
    def held(self) -> bool:
        return bool(self._out)

    def recv(self) -> bytes | None:
        tunnel, data = self._secured(), self._in_use().recv()
        if data == b"":
            raise LinkLost("the connection was cut")
        if data:
            tunnel.feed(data)
        try:
            # All of it, with the rest of a record that waited for these bytes: no selector would tell of what stays.
            found = tunnel.read(2 * CHUNK)
        except ssl.SSLError as error:
            raise LinkLost(f"TLS failed: {reason(error)}") from error
        self._push(tunnel)
        return found

    def send(self, data: bytes) -> int:
        tunnel = self._secured()
        self._push(tunnel)
        if self._out or not data:
            return 0
        try:
            self._out = tunnel.write(data[:CHUNK])
        except ssl.SSLError as error:
            raise LinkLost(f"TLS failed: {reason(error)}") from error
        self._push(tunnel)
        return min(len(data), CHUNK)

    def close(self) -> None:
        if self._inner is None:
            return
        if self._tunnel is not None:
            self._tunnel.finish()
            try:
                self._push(self._tunnel)
            except LinkLost:
                pass  # it is being left anyway
        self._inner.close()

    def _push(self, tunnel: Tunnel) -> None:
        """Sends what the socket takes now. Raises LinkLost."""
        self._out += tunnel.take()
        if len(self._out) > MOST_WAITING:
            raise LinkLost("it asks for new keys and does not read the answers")
        if self._out:
            self._out = self._out[self._in_use().send(self._out) :]

    def _secured(self) -> Tunnel:
        if self._tunnel is None or not self._trusted:
            raise LinkLost("not connected")
        return self._tunnel

    def _in_use(self) -> Transport:
        if self._inner is None:
            raise LinkLost("not connected")
        return self._inner


def _plain(data: bytes) -> LinkLost:
    """What to make of an answer without TLS. Nobody vouches for it, so none of its words are shown; that a node is
    full, or the like, is no reason to give it up."""
    for line in data.splitlines():
        try:
            frame = decode_server(line) if line.startswith(b"{") else None
        except WireError:
            continue
        if isinstance(frame, Error) and frame.code in set(Code):
            return LinkLost(f"it turned us away before TLS began ({Code(frame.code).name})")
    return Untrusted("the server does not speak TLS at this port")
