"""Whether a client's kernel still takes what it is sent, asked of ours (`TCP_INFO`, linux/tcp.h).

A send succeeds for as long as there is room here, whether or not anybody is there. What is acknowledged has arrived.
"""

from __future__ import annotations

import socket
import struct

_UNACKED, _LAST_ACK = 24, 56
"""Where these stand in `struct tcp_info`: segments that wait for their acknowledgement; milliseconds since one came."""
_WORD = struct.Struct("@I")
_SIZE = _LAST_ACK + _WORD.size


def unheard(sock: socket.socket) -> float:
    """Seconds since its kernel acknowledged anything, while something waits for that; 0: nothing does, or the socket is
    closed. A window that is shut is acknowledged as well: who reads nothing is not gone. Behind a balancer it is the
    balancer's. Any thread."""
    try:
        told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    except OSError:
        return 0.0
    waits = _WORD.unpack_from(told, _UNACKED)[0]
    return float(_WORD.unpack_from(told, _LAST_ACK)[0]) / 1000 if waits else 0.0
