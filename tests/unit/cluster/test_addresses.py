"""Addresses and networks, in each way that they are written."""

from __future__ import annotations

import pytest

from cluster.addresses import host_of, network, shown


@pytest.mark.parametrize(
    ("written", "means", "seen"),
    [
        ("192.0.2.1", "192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.77/24", "192.0.2.0/24", "192.0.2.0/24"),
        ("2001:DB8::1", "2001:db8::1/128", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.1", "192.0.2.1/32", "192.0.2.1"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24", "192.0.2.0/24"),
        ("::ffff:0:0/95", "::fffe:0:0/95", "::fffe:0:0/95"),
    ],
)
def test_a_network_has_one_spelling(written: str, means: str, seen: str) -> None:
    assert str(network(written)) == means
    assert shown(network(written)) == seen


@pytest.mark.parametrize("written", ["", "bob", "10.0.0", "10.0.0.1/33", "10.0.0.256"])
def test_what_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"IPv4 or IPv6|netmask|expected|does not appear"):
        network(written)


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.1:5", "192.0.2.1"),
        ("[2001:db8::1]:5", "2001:db8::1"),
        ("[::ffff:192.0.2.1]:5", "192.0.2.1"),
        ("[fe80::1%eth0]:5", "fe80::1"),
        ("somewhere:5", "None"),
        ("", "None"),
    ],
)
def test_the_host_of_a_peer(peer: str, host: str) -> None:
    assert str(host_of(peer)) == host
