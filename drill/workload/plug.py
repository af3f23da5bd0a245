"""A client's way to the network that can be pulled out: how a drill lets a client crash and come back."""

from __future__ import annotations

import threading

from client.errors import LinkLost
from client.transport import SocketAddress, TcpTransport


class Plug:
    """Makes the transports of one client: pass it as `transport`. While it is pulled nothing can be sent, received or
    dialled; what was connected is broken for good. Any thread may pull and push."""

    def __init__(self) -> None:
        self._pulled = threading.Event()
        self._lives = 0

    @property
    def life(self) -> int:
        """Changes whenever it is pulled: what was dialled in an earlier life is broken."""
        return self._lives

    @property
    def is_pulled(self) -> bool:
        return self._pulled.is_set()

    def pull(self) -> None:
        self._lives += 1
        self._pulled.set()

    def push(self) -> None:
        self._pulled.clear()

    def __call__(self) -> PluggedTransport:
        return PluggedTransport(self)


class PluggedTransport(TcpTransport):
    """Works as long as the plug is in, as seen from the network thread's next call."""

    def __init__(self, plug: Plug) -> None:
        super().__init__()
        self._plug = plug
        self._life = plug.life

    def connect(self, where: SocketAddress) -> None:
        self._check()
        super().connect(where)

    def established(self) -> bool:
        self._check()
        return super().established()

    def recv(self) -> bytes | None:
        self._check()
        return super().recv()

    def send(self, data: bytes) -> int:
        self._check()
        return super().send(data)

    def _check(self) -> None:
        if self._plug.is_pulled or self._life != self._plug.life:
            raise LinkLost("the plug was pulled")
