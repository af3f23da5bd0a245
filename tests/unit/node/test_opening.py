"""What a stranger may have taken in of him before his handshake is done."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from node.certificate import Certificate
from node.opening import MOST_BYTES, MOST_HELLO, Opening, TooMuch
from tests.support.authority import Authority
from wire.tunnel import Tunnel

NAME = "chat.example"


def record(payload: bytes, kind: int = 22) -> bytes:
    return bytes([kind, 3, 1]) + len(payload).to_bytes(2) + payload


def hello(length: int, kind: int = 1) -> bytes:
    """The header of a message."""
    return bytes([kind]) + length.to_bytes(3)


HUGE = hello(131_000)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_handshake_as_it_should_be_passes_however_it_is_cut(
    tmp_path: Path, version: ssl.TLSVersion, size: int
) -> None:
    authority = Authority(tmp_path)
    context = authority.client()
    context.maximum_version = version
    client = Tunnel(context, name=NAME)
    server = Tunnel(Certificate(*authority.issue(NAME)).context, server=True)
    opening = Opening()
    while not server.shake():
        client.shake()
        came = client.take()
        for at in range(0, len(came), size):
            opening.take(came[at : at + size])
        server.feed(came)
        client.feed(server.take())
    assert 200 < opening.size < MOST_HELLO // 4


@pytest.mark.parametrize(
    "before",
    [
        b"",
        record(b""),
        record(b"\1\0", kind=21),  # a warning
        record(hello(100) + bytes(100)),  # the first hello, answered by asking for another one
        record(hello(100) + bytes(50)) + record(bytes(50)) + record(b"\1", kind=20),
    ],
)
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_a_hello_that_is_said_to_be_huge_is_refused_with_its_header(before: bytes, cut: int) -> None:
    opening = Opening()
    pieces = b"".join(record(HUGE[at : at + cut]) for at in range(0, len(HUGE), cut))
    for byte in before + pieces[:-1]:
        opening.take(bytes([byte]))
    with pytest.raises(TooMuch, match="ClientHello of 131000 bytes"):
        opening.take(pieces[-1:])


def test_the_largest_that_is_allowed_is_and_the_next_is_not() -> None:
    Opening().take(record(hello(MOST_HELLO)))
    with pytest.raises(TooMuch):
        Opening().take(record(hello(MOST_HELLO + 1)))


def test_what_is_no_hello_is_left_to_openssl() -> None:
    opening = Opening()
    opening.take(
        record(hello(20, kind=16) + bytes(20)) + record(b"\1", kind=20) + record(b"\1\xff\xff\xff" + bytes(36))
    )
    encrypted = Opening()
    encrypted.take(record(hello(10) + bytes(10)) + record(bytes(30), kind=23) + record(HUGE))


def test_bytes_without_end_are_refused_whatever_they_are() -> None:
    opening = Opening()
    one = record(b"\1", kind=20)
    for _ in range(MOST_BYTES // len(one)):
        opening.take(one)
    with pytest.raises(TooMuch, match="before the handshake was done"):
        opening.take(one)
