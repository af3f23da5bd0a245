"""By what limits count where clients come from."""

from __future__ import annotations

import pytest

from node.sources import Sources, source_of


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.7:5", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:5", "192.0.2.7"),
        ("[2001:db8:1:2:3:4:5:6]:5", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:3::1]:9", "2001:db8:1:3::/64"),
        ("[fe80::1%eth0]:9", "fe80::/64"),
    ],
)
def test_an_ipv6_holder_counts_once(peer: str, counted: str) -> None:
    assert source_of(peer) == counted


def test_networks_hold_addresses_of_their_own_version() -> None:
    sources = Sources(["127.0.0.0/8", "2001:db8::/32", "192.0.2.7"])
    inside = ("127.0.0.9:1", "[::ffff:127.0.0.1]:1", "[2001:db8::5]:1", "192.0.2.7:1")
    assert all(peer in sources for peer in inside)
    assert not any(peer in sources for peer in ("192.0.2.8:1", "[::1]:1", "[2001:db9::1]:1", "nonsense", ""))
    with pytest.raises(ValueError, match="nonsense"):
        Sources(["nonsense"])
