from __future__ import annotations

import pytest

from wire.address import Address


@pytest.mark.parametrize(
    ("text", "address", "written"),
    [
        ("127.0.0.1:7700", Address("127.0.0.1", 7700), "127.0.0.1:7700"),
        ("chat.example:0", Address("chat.example", 0), "chat.example:0"),
        ("[::1]:7700", Address("::1", 7700), "[::1]:7700"),
        (":7700", Address("127.0.0.1", 7700), "127.0.0.1:7700"),
        ("n1:65535", Address("n1", 65535), "n1:65535"),
    ],
)
def test_parse_and_back(text: str, address: Address, written: str) -> None:
    assert Address.parse(text) == address
    assert str(address) == written
    assert Address.parse(written) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", "n1", "7700", "n1:", "n1:x", "n1:-1", "n1:65536", "n1:７７", "::1:7700", "[n1]:7", "[::1]"),
        *("a b:7", "n1\n:7", "http://n1:7", "a@b:7", "n1:7 ", "[]:7"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Address.parse(text)
