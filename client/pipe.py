"""One connection as the network thread handles it: transport, protocol, and bytes to be written."""

from __future__ import annotations

import selectors
from collections.abc import Sequence

from client.errors import LinkLost, Untrusted
from client.transport import SocketAddress, Transport, TransportFactory
from wire.client import ClientProtocol, Received
from wire.errors import WireError
from wire.frames import ClientFrame


class Pipe:
    """Network thread only. What waits to be written is bounded by the window of `say`."""

    def __init__(self, number: int, factory: TransportFactory) -> None:
        self.number = number
        self.open = False
        self._factory = factory
        self._transport: Transport | None = None
        self._targets: list[SocketAddress] = []
        self._protocol = ClientProtocol()
        self._out = bytearray()
        self._why = "no address"

    def aim(self, targets: Sequence[SocketAddress]) -> None:
        """Connects to the first of them that answers. Raises LinkLost when none is left."""
        self._targets = list(targets)
        self._next_target()

    def events(self, *, reading: bool) -> int:
        """What a selector should watch for."""
        if not self.open:
            return self._transport.wants if self._transport else 0
        writing = self._out or self._in_use().held
        return (selectors.EVENT_READ if reading else 0) | (selectors.EVENT_WRITE if writing else 0)

    def fileno(self) -> int:
        """-1 while there is no socket."""
        return self._transport.fileno() if self._transport else -1

    def connected(self) -> bool:
        """To be called when there is what it waits for, and not yet open. False: it goes on, perhaps with another
        address. Raises LinkLost, Untrusted."""
        try:
            self.open = self._in_use().established()
        except Untrusted:
            raise  # it would be the same server by its other address
        except LinkLost as lost:
            self._why = str(lost)
            self._next_target()
        return self.open

    def read(self) -> list[Received]:
        """What came. Raises LinkLost."""
        data = self._in_use().recv()
        if data == b"":
            raise LinkLost("the node closed the connection")
        return self._protocol.receive_data(data) if data else []

    def write(self, frame: ClientFrame) -> None:
        """Puts it to what is to be written. Raises LinkLost if the protocol does not allow it."""
        try:
            self._out += self._protocol.send(frame)
        except WireError as error:
            raise LinkLost(str(error)) from error

    def flush(self) -> None:
        """Writes what the socket takes now. Raises LinkLost."""
        if self.open and (self._out or self._in_use().held):
            taken = self._in_use().send(bytes(self._out))
            del self._out[:taken]

    def close(self) -> None:
        """Idempotent."""
        self._protocol.close()
        if self._transport is not None:
            self._transport.close()

    def _next_target(self) -> None:
        while self._targets:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._factory()
            try:
                self._transport.connect(self._targets.pop(0))
            except LinkLost as lost:
                self._why = str(lost)
            else:
                return
        raise LinkLost(self._why)

    def _in_use(self) -> Transport:
        if self._transport is None:
            raise LinkLost(self._why)
        return self._transport
