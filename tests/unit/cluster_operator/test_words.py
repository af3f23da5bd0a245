"""What an operator writes is taken, or refused with what was wrong."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from cluster.operator import bans, words
from cluster.operator.barring import ban
from wire.errors import BadName
from wire.names import nickname

NICKS = ["bob", "BoB", "Zoë", "ＢＯＢ", "ß", "a.b", "b{b", "a b", "-x", "", "@@x", "x" * 65, "a\u0007b", "\u212a", "Σς"]


@pytest.mark.parametrize("nick", NICKS)
def test_nicknames_are_compared_as_nodes_do(nick: str) -> None:
    try:
        wanted = nickname(nick).mapped
    except BadName:
        with pytest.raises(click.BadParameter):
            words.mapped(nick)
    else:
        assert words.mapped(nick) == words.mapped(f"@{nick}") == wanted


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604800), ("1d12h", 129600), ("1.5h", 5400)],
)
def test_a_time(written: str, seconds: float) -> None:
    assert words.Span().convert(written, None, None) == seconds


@pytest.mark.parametrize("written", ["", "2", "h", "0s", "-2h", "2h x", "2 hours", "999999d", "nan"])
def test_no_time(written: str) -> None:
    with pytest.raises(click.BadParameter, match="write a time as in"):
        words.Span().convert(written, None, None)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("bob", "nick:bob"),
        ("@BOB", "nick:bob"),
        ("10.0.0.1", "net:10.0.0.1/32"),
        ("@10.0.0.1", "nick:10.0.0.1"),
        ("10.0.0.9/8", "net:10.0.0.0/8"),
        ("::1", "net:::1/128"),
        ("::ffff:10.0.0.1", "net:10.0.0.1/32"),
        ("1.2.3", "nick:1.2.3"),
    ],
)
def test_whom_a_ban_is_for(written: str, what: str) -> None:
    assert bans.target(written).what == what


@pytest.mark.parametrize("written", ["10.0.0.1/64", "10.0.0/24", "fe80::zz", "2001:db8::/200", "a b"])
def test_whom_no_ban_is_for(written: str) -> None:
    with pytest.raises(click.BadParameter):
        bans.target(written)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--for", "2x"], "2x"),
        (["--reason", "x" * 201], "201"),
        (["--reason", "bell\a"], "U+0007"),
    ],
)
def test_the_command_refuses_before_it_looks_for_redis(flags: list[str], text: str) -> None:
    result = CliRunner().invoke(ban, ["bob", *flags, "--redis", "redis://127.0.0.1:1/0"])
    assert result.exit_code == 2
    assert text in result.output
