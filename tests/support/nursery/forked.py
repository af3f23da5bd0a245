"""`forked.py FD`: loads a node, then forks one for each order that comes through that socket. Alone on one thread.

Orders and answers are JSON, a packet each: {"words", "folder", "output"} -> {"pid"}, and {"pid"} -> {"code"}, null
while that one lives. The end of the socket is its own end, and the kernel's leash then ends those whom it bore.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from typing import Any

from cluster.up.leash import attach
from node import command, real

LATE = real
"""What a node's command loads only when it has its settings."""
LARGEST = 1 << 20


def serve(orders: socket.socket) -> list[str] | None:
    """In each one that is born: the words of its command. In this process itself: None, at the end."""
    while packet := orders.recv(LARGEST):
        order = json.loads(packet)
        if "words" not in order:
            orders.send(json.dumps({"code": _code(order["pid"])}).encode())
            continue
        pid = _fork(orders, order)
        if not pid:
            return list(order["words"])
        orders.send(json.dumps({"pid": pid}).encode())
    return None


def _code(pid: int) -> int | None:
    """As subprocess has it, negative for a signal."""
    dead, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if dead else None


def _fork(orders: socket.socket, order: dict[str, Any]) -> int:
    """Returns in the new process with 0, and here with its pid once it has a session of its own: who kills its group
    must find it."""
    settled, settles = os.pipe()
    ours = os.getpid()
    pid = os.fork()
    if pid:
        os.close(settles)
        os.read(settled, 1)
        os.close(settled)
        return pid
    orders.close()
    os.close(settled)
    _settle(ours, order)
    os.close(settles)
    return 0


def _settle(parent: int, order: dict[str, Any]) -> None:
    os.setsid()
    attach(parent)
    os.chdir(order["folder"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)


def main() -> None:
    gc.collect()
    gc.freeze()
    words = serve(socket.socket(fileno=int(sys.argv[1])))
    if words is not None:
        sys.argv[1:] = words
        command.node(words, prog_name="python -m node")


if __name__ == "__main__":
    main()
