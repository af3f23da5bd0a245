"""User and password beside the URL: where they go, and where they are never seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis

from cluster.group import parsed, without_password
from cluster.login import Login, secret, shows_password, with_login

NASTY = "s e@c:r/e?t#%é"


def taken(url: str) -> dict[str, Any]:
    """What redis-py makes of it."""
    return dict(redis.ConnectionPool.from_url(url).connection_kwargs)


@pytest.mark.parametrize("url", ["redis://h:1/2", "rediss://h:1/2", "unix:///run/redis.sock?db=2"])
def test_it_reaches_the_library_whatever_is_in_it(url: str) -> None:
    found = taken(with_login(url, Login("us@er", NASTY)))
    assert (found["username"], found["password"], found["db"]) == ("us@er", NASTY, 2)
    assert NASTY not in without_password(with_login(url, Login("", NASTY)))


def test_a_user_in_the_url_takes_a_password_from_elsewhere() -> None:
    found = taken(with_login("redis://node@h/0", Login("other", "pw")))
    assert (found["username"], found["password"]) == ("node", "pw")


def test_what_the_url_says_itself_stays() -> None:
    assert with_login("redis://a:b@h/0", Login("u", "pw")) == "redis://a:b@h/0"
    assert with_login("redis://h/0", Login()) == "redis://h/0"
    assert with_login("nonsense", Login()) == "nonsense"


def test_a_group_and_its_sentinels_have_logins_of_their_own() -> None:
    url = with_login("redis+sentinel://s1:1,s2:2/mymaster/3", Login("u", NASTY, "su", NASTY + "2"))
    group = parsed(url)
    servers, sentinels = taken(group.server_url(("r", 5))), taken(group.sentinel_url(("s1", 1)))
    assert (servers["username"], servers["password"], servers["db"]) == ("u", NASTY, 3)
    assert (sentinels["username"], sentinels["password"]) == ("su", NASTY + "2")
    own = "redis+sentinel://s1:1/m/0?sentinel_username=a&sentinel_password=b"
    assert with_login(own, Login("", "", "x", "y")) == own
    assert with_login("redis://h/0", Login("", "", "x", "y")) == "redis://h/0"


def test_a_url_shows_a_password_or_not() -> None:
    assert shows_password("redis://:pw@h/0")
    assert shows_password("redis+sentinel://h/m/0?sentinel_password=pw")
    assert not shows_password("redis://user@h/0")
    assert not shows_password("unix:///x?db=1")


def test_a_login_does_not_show_its_passwords() -> None:
    assert "pw" not in repr(Login("user", "pw1", "sam", "pw2"))


def test_a_file_holds_one_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    for text in (NASTY, NASTY + "\n", NASTY + "\r\n"):
        file.write_bytes(text.encode())
        assert secret(file) == NASTY
    for text in ("", "\n", "hush\ntwo\n"):
        file.write_text(text)
        with pytest.raises(ValueError, match="only line") as caught:
            secret(file)
        assert "hush" not in str(caught.value)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="UTF-8"):
        secret(file)
    with pytest.raises(ValueError, match="No such file"):
        secret(tmp_path / "gone")
