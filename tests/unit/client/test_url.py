"""hydrachat:// URLs: what they say, and what is refused. Property: what is written parses to the same again."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from client.url import BadUrl, ChatUrl
from wire.address import Address
from wire.errors import BadName
from wire.names import nickname, room

A = Address("chat.example", 7700)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hydrachat://alice@chat.example:7700/ops", ChatUrl((A,), "alice", "#ops")),
        ("HydraChat://chat.example", ChatUrl((A,))),
        ("hydrachat://chat.example/", ChatUrl((A,))),
        ("hydrachat://chat.example:/ops", ChatUrl((A,), None, "#ops")),
        ("hydrachat://chat.example/%23ops", ChatUrl((A,), None, "#ops")),
        ("hydrachat://chat.example/#ops", ChatUrl((A,), None, "#ops")),
        ("hydrachat://chat.example/OPS", ChatUrl((A,), None, "#ops")),
        ("hydrachat://chat.example/a%2Fb%40c", ChatUrl((A,), None, "#a/b@c")),
        ("hydrachat://zo%C3%AB@chat.example", ChatUrl((A,), "zoë")),
        ("hydrachat://zoë@chat.example", ChatUrl((A,), "zoë")),
        ("hydrachat://a%40b@chat.example", ChatUrl((A,), "a@b")),
        ("hydrachat://[::1]:8800/ops", ChatUrl((Address("::1", 8800),), None, "#ops")),
        ("hydrachat://[fe80::1%25eth0]", ChatUrl((Address("fe80::1%eth0", 7700),))),
        ("hydrachat://bo@chat.example,[::1]:1/x", ChatUrl((A, Address("::1", 1)), "bo", "#x")),
        ("hydrachat://chat.example,chat.example:7700", ChatUrl((A,))),
        ("hydrachats://bo@chat.example", ChatUrl((A,), "bo", tls=True)),
        ("HydraChatS://chat.example", ChatUrl((A,), tls=True)),
    ],
)
def test_what_a_url_says(text: str, expected: ChatUrl) -> None:
    assert ChatUrl.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://chat.example", "begins with hydrachat://"),
        ("hydrachat:chat.example", "begins with hydrachat://"),
        ("hydrachat://", "a host is missing"),
        ("hydrachat:///ops", "a host is missing"),
        ("hydrachat://a@/ops", "a host is missing"),
        ("hydrachat://h,,i", "a host is missing"),
        ("hydrachat://::1/ops", "in brackets"),
        ("hydrachat://[::1/ops", "in brackets"),
        ("hydrachat://[]/ops", "is no host"),
        ("hydrachat://h%2Fi", "is no host"),
        ("hydrachat://h:0", "'0' is no port"),
        ("hydrachat://h:65536", "'65536' is no port"),
        ("hydrachat://h:x", "'x' is no port"),
        ("hydrachat://h:+80", "'+80' is no port"),
        ("hydrachat://h:٣", "is no port"),
        ("hydrachat://@h", "a nickname may not be empty"),
        ("hydrachat://a@b@h", "written %40"),
        ("hydrachat://h/a@b", "written %40"),
        ("hydrachat://a%2Ab@h", "has no * in it"),
        ("hydrachat://h/x%20y", "has no white space in it"),
        ("hydrachat://h/x y", "white space"),
        ("hydrachat://h/x\x1b", "control characters"),
        ("hydrachat://h/ops/", "one room"),
        ("hydrachat://h/ops/more", "one room"),
        ("hydrachat://h/ops?x=1", "nothing may follow"),
        ("hydrachat://h/ops#x", "nothing may follow"),
        ("hydrachat://h#ops", "nothing may follow"),
        ("hydrachat://h/%", "'%' in the room"),
        ("hydrachat://%g0@h", "'%g0' in the nickname"),
        ("hydrachat://h/%ff", "not in UTF-8"),
        ("hydrachat://h/" + "x" * 300, "1 to 48 characters"),
    ],
)
def test_what_is_refused_and_why(text: str, why: str) -> None:
    with pytest.raises(BadUrl) as refused:
        ChatUrl.parse(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("secret", ["hunter2", "hun/ter2", "hun:ter2", "hun@ter2", "hun?ter2", "hun#ter2", "%zzter2"])
def test_a_password_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadUrl) as refused:
        ChatUrl.parse(f"hydrachat://alice:{secret}@chat.example/ops")
    assert "ter2" not in str(refused.value)
    assert "hun" not in str(refused.value)


def _valid(text: str, rule: object) -> bool:
    try:
        rule(text)  # type: ignore[operator]
    except BadName:
        return False
    return True


NICKS = st.text(min_size=1, max_size=32).filter(lambda text: _valid(text, nickname)).map(lambda t: nickname(t).shown)
ROOMS = st.text(min_size=1, max_size=48).map("#{}".format).filter(lambda text: _valid(text, room)).map(room)
HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}", fullmatch=True),
    st.ip_addresses().map(str),
    st.just("fe80::1%eth0"),
)
ADDRESSES = st.builds(Address, HOSTS, st.integers(1, 65535))


@given(
    servers=st.lists(ADDRESSES, min_size=1, max_size=4, unique=True),
    nick=st.none() | NICKS,
    where=st.none() | ROOMS,
)
@example(servers=[A], nick="a@b%c", where="#a/b%41;=&+$'()!")
def test_a_url_that_is_written_says_the_same(servers: list[Address], nick: str | None, where: str | None) -> None:
    url = ChatUrl(tuple(servers), nick, where)
    assert ChatUrl.parse(str(url)) == url


@given(st.text(alphabet=st.sampled_from("ab:@/%2[]#?,.\u00e9\uff03 0\n\ud800"), max_size=40) | st.text(max_size=40))
def test_any_text_is_a_url_or_is_refused(rest: str) -> None:
    try:
        url = ChatUrl.parse(f"hydrachat://{rest}")
    except BadUrl:
        return
    assert all(one.host and 0 < one.port < 65536 for one in url.servers)
    assert url.nick is None or nickname(url.nick).shown == url.nick
    assert url.room is None or room(url.room) == url.room
    assert ChatUrl.parse(str(url)) == url
