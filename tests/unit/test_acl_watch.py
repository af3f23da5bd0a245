"""What a test of Redis's rules sees of its commands."""

from __future__ import annotations

import socket
import threading

from tests.support.acl_watch import Watch


class Lagging:
    """Redis with somebody who watches, and much still to tell him: it does so when it is asked the next thing."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        watcher, _ = self._listener.accept()
        with watcher:
            watcher.recv(100)
            watcher.sendall(b"+OK\r\n")
            self._begin(watcher)
            self._end(watcher)

    def _begin(self, watcher: socket.socket) -> None:
        asking, _ = self._listener.accept()
        with asking:
            said = asking.recv(100).split()[1]
            asking.sendall(b"$1\r\n")
        watcher.sendall(b'+1.0 [0 1.1.1.1:1] "ECHO" "%s"\r\n' % said)

    def _end(self, watcher: socket.socket) -> None:
        asking, _ = self._listener.accept()
        with asking:
            said = asking.recv(100).split(b" ", 1)[1].strip()
            asking.sendall(b"$1\r\n")
            asking.recv(1)  # it has read that
        watcher.sendall(b'+1.0 [0 1.1.1.1:1] "PING"\r\n+1.0 [0 1.1.1.1:1] "ECHO" "%s"\r\n' % said)
        watcher.recv(1)  # it has read all

    def close(self) -> None:
        self._thread.join(10)
        self._listener.close()


def test_what_redis_has_still_to_tell_is_noted_before_the_end() -> None:
    redis = Lagging()
    watch = Watch(redis.port)
    watch.at_work("operator")
    watch.close()
    redis.close()
    assert watch.used("operator") == {"ping"}
