"""Records of TLS that bring nothing, however they are cut and whatever stands between them."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from node.records import MOST_EMPTY, Records
from tests.support.authority import Authority
from tests.support.tunnelled import key_update
from wire.tunnel import Tunnel

Pair = tuple[Tunnel, Tunnel]


@pytest.fixture
def meet(authority: Authority) -> Callable[[ssl.TLSVersion], Pair]:
    """A client's side and ours, shaken."""
    pair, context = authority.issue("chat.example"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)

    def make(version: ssl.TLSVersion) -> Pair:
        theirs = authority.client()
        theirs.maximum_version = version
        client, ours = Tunnel(theirs, name="chat.example"), Tunnel(context, server=True)
        while not (client.established and ours.established):
            client.established or client.shake()
            ours.feed(client.take())
            ours.established or ours.shake()
            client.feed(ours.take())
        return client, ours

    return make


def read(ours: Tunnel, records: Records, data: bytes, cut: int, most: int) -> bool:
    """As a node reads, in pieces. Whether it goes on."""
    for at in range(0, len(data), cut):
        piece = data[at : at + cut]
        records.take(piece)
        ours.feed(piece)
        while True:
            before, text = ours.texts, ours.read(most)
            if not records.read(ours.texts - before, ours.held):
                return False
            if not text:
                break
    return True


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("cut", [1, 7, 448, 16 * 1024])
def test_whoever_says_something_in_each_goes_on(
    meet: Callable[[ssl.TLSVersion], Pair], version: ssl.TLSVersion, cut: int
) -> None:
    client, ours = meet(version)
    said = b"".join(client.write(text) for text in (b"x" * 16_000, *[b"y"] * 2000, b"z" * 60_000))
    records = Records()
    assert read(ours, records, said, cut, 448)
    assert records.empty == 0


@pytest.mark.parametrize("cut", [1, 7, 448, 16 * 1024])
@pytest.mark.parametrize("said", [b"", b"x", b"x" * 448])
@pytest.mark.parametrize(("times", "is_fine"), [(MOST_EMPTY, True), (MOST_EMPTY * 2, False)])
def test_a_few_new_keys_may_be_and_many_may_not(
    meet: Callable[[ssl.TLSVersion], Pair], cut: int, said: bytes, times: int, is_fine: bool
) -> None:
    """Also where something is said now and then, as much as is read in one go."""
    client, ours = meet(ssl.TLSVersion.TLSv1_3)
    asked = b""
    for number in range(times):
        key_update(client)
        asked += client.take() + (client.write(said) if said and not number % 8 else b"")
    assert read(ours, Records(), asked, cut, 448) == is_fine
