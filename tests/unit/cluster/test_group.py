"""The URL of a Sentinel group."""

from __future__ import annotations

import pytest

from cluster.group import is_group, parsed, without_password


def test_all_that_it_can_say() -> None:
    url = (
        "rediss+sentinel://ann:p%40w@h1:1,h2,[::1]:3/my%20master/7"
        "?sentinel_username=sam&sentinel_password=s%3As&ssl_ca_certs=/etc/ca.pem"
    )
    group = parsed(url)
    assert group.sentinels == (("h1", 1), ("h2", 26379), ("::1", 3))
    assert (group.name, group.database) == ("my master", 7)
    assert group.server_url(("10.0.0.1", 6379)) == "rediss://ann:p%40w@10.0.0.1:6379/7?ssl_ca_certs=%2Fetc%2Fca.pem"
    assert group.sentinel_url(("::1", 3)) == "rediss://sam:s%3As@[::1]:3?ssl_ca_certs=%2Fetc%2Fca.pem"


def test_the_least_that_it_must_say() -> None:
    group = parsed("redis+sentinel://h/m")
    assert group.server_url(("a", 1)) == "redis://a:1/0"
    assert group.sentinel_url(group.sentinels[0]) == "redis://h:26379"
    assert is_group("redis+sentinel://h/m")
    assert not is_group("redis://h/0")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://h/0", "does not begin with"),
        ("redis+sentinel://h:1", "name of the master"),
        ("redis+sentinel://h:1/", "name of the master"),
        ("redis+sentinel://h:1/m/x", "database must be a number"),
        ("redis+sentinel://h:1/m/0/1", "database must be a number"),
        ("redis+sentinel://h:1,/m", "sentinel 2 is not given"),
        ("redis+sentinel:///m", "sentinel 1 is not given"),
        ("redis+sentinel://h:x/m", "sentinel 1 is not given"),
        ("redis+sentinel://h:0/m", "sentinel 1 is not given"),
        ("redis+sentinel://h:70000/m", "sentinel 1 is not given"),
        ("redis+sentinel://[::1/m", "bracket"),
        ("redis+sentinel://h/m?timeout=3", "no option 'timeout'"),
        ("redis+sentinel://h/m?ssl_ca_certs=x", "no option 'ssl_ca_certs'"),
        ("redis+sentinel://:se/cret@h/m", "%2F"),
    ],
)
def test_what_is_none_is_told(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as told:
        parsed(url)
    assert "cret" not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://:secret@h:1,g:2/m/0",
        "redis+sentinel://h/m?sentinel_password=secret",
        "redis+sentinel://u:x@h:1,g:2/m/0?sentinel_username=u&sentinel_password=secret",
        "redis+sentinel://:x#secret@h/m",
        "redis://:x/secret@h/m",
        "redis+sentinel://:secret@[h/m",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    assert "secret" not in without_password(url)
    assert "h" in without_password(url)
