"""What a PROXY header says, and that no byte behind it is touched."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from node import proxy
from node.proxy import MOST_V2, BadProxy, missing, read, source
from wire import Address

V4 = bytes([192, 0, 2, 7, 10, 0, 0, 1]) + (4711).to_bytes(2) + (7700).to_bytes(2)
V6 = bytes.fromhex("20010db8000000000000000000000007" + "00" * 16) + (4711).to_bytes(2) + (7700).to_bytes(2)
MAPPED = bytes.fromhex("00000000000000000000ffffc0000207" + "00" * 16) + (4711).to_bytes(2) + (7700).to_bytes(2)
HERE = Address("192.0.2.7", 4711)


def v2(kind: int, block: bytes, command: int = 0x21) -> bytes:
    return proxy.V2 + bytes([command, kind]) + len(block).to_bytes(2) + block


def tlv(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2) + value


def summed(kind: int, block: bytes) -> bytes:
    """With a right checksum, by another road than the code's: bit by bit."""
    header = v2(kind, block + tlv(3, bytes(4)))
    crc = 0xFFFFFFFF
    for bit in (byte >> place & 1 for byte in header for place in range(8)):
        crc = (crc >> 1) ^ (0x82F63B78 if (crc ^ bit) & 1 else 0)
    return header[:-4] + (crc ^ 0xFFFFFFFF).to_bytes(4)


GOOD: list[tuple[bytes, Address | None]] = [
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 7700\r\n", HERE),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", Address("255.255.255.255", 65535)),
    (b"PROXY TCP6 2001:db8::7 ::1 4711 7700\r\n", Address("2001:db8::7", 4711)),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 7700\r\n", HERE),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN " + b"f" * 90 + b"\r\n", None),
    (v2(0x11, V4), HERE),
    (v2(0x21, V6), Address("2001:db8::7", 4711)),
    (v2(0x21, MAPPED), HERE),
    (v2(0x11, V4 + tlv(4, b"noop") + tlv(0xE0, b"own")), HERE),
    (summed(0x11, V4 + tlv(0x20, b"x" * 300)), HERE),
    (v2(0x00, b""), None),
    (v2(0x31, bytes(216)), None),
    (v2(0x00, b"", 0x20), None),
    (v2(0x11, V4 + b"\xff\xff", 0x20), None),  # LOCAL: all that follows is passed over
]
BAD = [
    (b"alice\r\n", "no PROXY header"),
    (b"\r\n\r\nbob\r\n", "no PROXY header"),
    (b'{"op":"hello"}\n', "no PROXY header"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711\r\n", "write PROXY"),
    (b"PROXY TCP5 192.0.2.7 10.0.0.1 4711 7700\r\n", "write PROXY"),
    (b"PROXY  TCP4 192.0.2.7 10.0.0.1 4711 7700\r\n", "write PROXY"),
    (b"PROXY TCP4 192.0.2.300 10.0.0.1 4711 7700\r\n", "address"),
    (b"PROXY TCP4 2001:db8::7 ::1 4711 7700\r\n", "address"),
    (b"PROXY TCP6 fe80::1%eth0 ::1 4711 7700\r\n", "address"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 65536\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 +471 7700\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 0471 7700\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 7700\n", "one line"),
    (b"PROXY TCP4 192.0.2.7\r10.0.0.1 4711 7700\r\n", "one line"),
    (b"PROXY TCP4 192.0.2.\xb2 10.0.0.1 4711 7700\r\n", "ASCII"),
    (b"PROXY UNKNOWN " + b"f" * 200 + b"\r\n", "one line"),
    (v2(0x11, V4, 0x11), "LOCAL nor PROXY"),
    (v2(0x11, V4, 0x22), "LOCAL nor PROXY"),
    (v2(0x12, V4), "not about a TCP"),
    (v2(0x21, V4), "cut off"),
    (v2(0x11, V4 + b"\x04\x00"), "cut off"),
    (v2(0x11, V4 + b"\x04\x00\x05abcd"), "cut off"),
    (v2(0x11, V4 + tlv(3, b"\0\0\0\0")), "checksum"),
    (v2(0x11, V4 + tlv(3, b"\0\0")), "checksum"),
    (summed(0x11, V4)[:-1] + b"\0", "checksum"),
    (v2(0x11, V4 + tlv(4, b"x" * 5000)), "4096"),
]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, two = socket.socketpair()
    with one, two:
        yield one, two


@pytest.mark.parametrize(("header", "found"), GOOD)
def test_what_a_header_says(header: bytes, found: Address | None, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(header + b"PROXY and what the client says\r\n")
    assert read(ours, 5) == found
    assert ours.recv(100) == b"PROXY and what the client says\r\n"
    assert ours.gettimeout() is None


@pytest.mark.parametrize(("header", "said"), BAD)
def test_what_is_none(header: bytes, said: str, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(header)
    with pytest.raises(BadProxy, match=said):
        read(ours, 5)


@pytest.mark.parametrize("header", [header for header, _ in GOOD])
def test_a_header_that_ends_early_is_none(header: bytes, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(header[:-1])
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(BadProxy, match="ended within"):
        read(ours, 5)


def test_who_only_looks_whether_the_port_is_open_is_no_fault(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()
    with pytest.raises(ConnectionAbortedError):
        read(pair[0], 5)


def test_bytes_that_drip_in_do_not_prolong_it(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    over = threading.Event()

    def drip() -> None:
        for byte in b"PROXY UNKNOWN " + b"f" * 200:
            if over.wait(0.02):
                return
            theirs.send(bytes([byte]))

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(BadProxy, match="in time"):
            read(ours, 0.2)
    finally:
        over.set()
        dripping.join()


@given(st.sampled_from([header for header, _ in GOOD]), st.binary(max_size=40), st.data())
def test_however_it_is_cut_nothing_behind_it_is_asked_for(header: bytes, behind: bytes, data: st.DataObject) -> None:
    stream, at = header + behind, 0
    while wanted := missing(stream[:at]):
        at += data.draw(st.integers(1, wanted))
        assert at <= len(header)
    assert stream[:at] == header


KINDS = (0x00, 0x01, 0x02, 0x04, 0x05, 0x20, 0x30, 0xE0, 0xF8, 0xFF)
"""Of additions: a protocol (ALPN), a name (AUTHORITY), nothing, an id, what was said by TLS, a namespace, a balancer's
own, an experiment, and two that nobody has given a meaning to."""


@pytest.mark.parametrize("kind", KINDS)
def test_an_addition_of_each_length_is_passed_over_and_one_that_is_cut_is_none(kind: int) -> None:
    for size in range(MOST_V2 - 16 - len(V4) - 3 + 1):
        whole = V4 + tlv(kind, b"\xff" * size)
        assert source(v2(0x11, whole)) == HERE
        with pytest.raises(BadProxy, match="cut off"):
            source(v2(0x11, whole[: max(len(whole) - 1, len(V4) + 1)]))


@pytest.mark.parametrize(
    "inner",
    [
        tlv(0x21, b"TLSv1.3") + tlv(0x22, b"root") + tlv(0x23, b"AES") + tlv(0x25, b"RSA"),
        tlv(0x21, b"x")[:-1],  # cut off in there
        b"\x22\xff\xff",  # longer than what it is in
        tlv(0x20, b"\x07" + bytes(4) + tlv(0x20, b"\x07" + bytes(4))),  # in itself
        tlv(3, b"\xba\xad\xf0\x0d"),  # a checksum of nothing
        v2(0x11, bytes([198, 51, 100, 1] * 2) + bytes(4)),  # a header with another address
    ],
)
def test_what_was_said_by_tls_is_the_balancers_affair_and_changes_no_address(inner: bytes) -> None:
    block = tlv(0x20, b"\x07" + bytes(4) + inner) + tlv(0x02, b"198.51.100.1") + tlv(0x02, b"")
    assert source(v2(0x11, V4 + block)) == HERE
    assert source(summed(0x11, V4 + block)) == HERE


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=30)), max_size=8), st.data())
def test_additions_end_where_they_say_or_the_header_is_none(
    additions: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    block, ends = V4, [len(V4)]
    for addition in additions:
        block += tlv(*addition)
        ends.append(len(block))
    cut = data.draw(st.integers(len(V4), len(block)))
    if cut in ends:
        assert source(v2(0x11, block[:cut])) == HERE
    else:
        with pytest.raises(BadProxy, match="cut off"):
            source(v2(0x11, block[:cut]))


def test_a_header_has_one_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked at over all of it: with hundreds that are right a header would take a third of a second."""
    monkeypatch.setattr(proxy, "_crc32c", lambda header, at: int.from_bytes(header[at : at + 4]))
    assert source(v2(0x11, V4 + tlv(3, b"abcd"))) == HERE
    with pytest.raises(BadProxy, match="two"):
        source(v2(0x11, V4 + tlv(3, b"abcd") + tlv(4, b"") + tlv(3, b"abcd")))


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda rest: proxy.V2 + rest),
                 st.binary(max_size=110).map(lambda rest: b"PROXY " + rest + b"\r\n")))  # fmt: skip
def test_no_bytes_do_harm(stream: bytes) -> None:
    at = 0
    try:
        while (wanted := missing(stream[:at])) and at < len(stream):
            at += min(wanted, len(stream) - at)
        if not wanted:
            source(stream[:at])
    except BadProxy:
        pass
