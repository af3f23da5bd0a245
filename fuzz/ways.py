"""A network that is none: the two ways of a connection, and the sockets at their ends."""

from __future__ import annotations

from client.errors import LinkLost


class Starved(Exception):
    """A call that would block."""


class Way:
    """One direction. `flight`: sent, not there yet; `here`: to be read. `cut`: nothing follows; `reset`: at once."""

    def __init__(self, room: int) -> None:
        self.flight, self.here, self.room = bytearray(), bytearray(), room
        self.cut = self.reset = False
        self.read = 0  # bytes, so far

    def arrive(self, count: int) -> None:
        if not self.cut:
            self.here += self.flight[:count]
        del self.flight[:count]

    def take(self, most: int) -> bytes | None:
        """None: nothing now; b"": nothing ever."""
        if self.reset:
            raise ConnectionResetError("reset")
        if not self.here:
            return b"" if self.cut else None
        found = bytes(self.here[:most])
        del self.here[:most]
        self.read += len(found)
        return found

    @property
    def is_readable(self) -> bool:
        return bool(self.here) or self.cut or self.reset

    def put(self, data: bytes | memoryview) -> int:
        if self.reset:
            raise BrokenPipeError("reset")
        count = min(len(data), max(0, self.room - len(self.flight)))
        self.flight += data[:count]
        return count


class NodeSocket:
    def __init__(self, up: Way, down: Way) -> None:
        self._up, self._down = up, down

    def recv(self, size: int) -> bytes:
        found = self._up.take(size)
        if found is None:
            raise Starved
        return found

    def send(self, data: bytes | memoryview, _flags: int = 0) -> int:
        count = self._down.put(data)
        if not count:
            raise BlockingIOError
        return count


class ClientSocket:
    wants = 0
    held = False

    def __init__(self, up: Way, down: Way) -> None:
        self._up, self._down = up, down

    def fileno(self) -> int:
        return -1

    def connect(self, where: object) -> None:
        pass

    def established(self) -> bool:
        return True

    def recv(self) -> bytes | None:
        try:
            return self._down.take(1 << 16)
        except OSError as error:
            raise LinkLost(str(error)) from error

    def send(self, data: bytes) -> int:
        try:
            return self._up.put(data)
        except OSError as error:
            raise LinkLost(str(error)) from error

    def close(self) -> None:
        pass
