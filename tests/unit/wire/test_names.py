from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st
from precis_i18n import get_profile

from wire import names
from wire.codes import Code
from wire.errors import BadName
from wire.names import MAX_NICK, Nick, destination, is_mixed, nickname, room, suggestions

PRINTABLE = [chr(number) for number in range(0x21, 0x7F)]


def test_the_fast_path_is_the_profile_for_all_ascii() -> None:
    """A profile maps characters one by one here, so pairs prove it: each alone, and next to each other."""
    shown = get_profile("NicknameCasePreserved")
    mapped = get_profile("NicknameCaseMapped")
    texts = [*PRINTABLE, "".join(PRINTABLE), *(a + b for a in PRINTABLE for b in PRINTABLE)]
    for text in texts:
        assert shown.enforce(text) == text
        assert mapped.enforce(text) == text.lower()


@pytest.mark.parametrize(
    ("text", "shown", "mapped"),
    [
        ("Foo", "Foo", "foo"),
        ("foo", "foo", "foo"),
        ("Σ", "Σ", "σ"),
        ("σ", "σ", "σ"),
        ("ς", "ς", "ς"),
        ("♚", "♚", "♚"),
        ("Ⅳ", "IV", "iv"),
        ("Ａｌｉｃｅ", "Alice", "alice"),
        (" alice ", "alice", "alice"),
        ("Jose\u0301", "José", "josé"),
        ("小林", "小林", "小林"),
        ("Ольга", "Ольга", "ольга"),
        ("שלום", "שלום", "שלום"),
        ("😀", "😀", "😀"),
        ("o'neil|away", "o'neil|away", "o'neil|away"),
        ("x" * 32, "x" * 32, "x" * 32),
    ],
)
def test_nicknames(text: str, shown: str, mapped: str) -> None:
    assert nickname(text) == Nick(shown, mapped)


BAD_NICKS = [
    *("", " ", "a b", "a\u00a0b", "a\u3000b", "\t", "a\n", "x" * 33, "é" * 33, "x" * 100_000),
    *("@a", "#a", "/a", "\\a", "-a", "a{", "a}", "a:", "a,b", "a*", "a?"),
    *("＠a", "＃a", "a：b", "a？", "a\x1b[0m", "a\x00", "a\x85", "\ud800", "a\u202eb", "a\u200bb", "a\u200db"),
    *("\u1100\u1161\u200c", "ﷺ"),
]


@pytest.mark.parametrize("text", BAD_NICKS)
def test_bad_nicknames(text: str) -> None:
    with pytest.raises(BadName) as refused:
        nickname(text)
    assert refused.value.code is Code.BAD_NICK
    assert refused.value.text.isprintable()
    assert len(refused.value.text) < 150


@pytest.mark.parametrize("make", [nickname, lambda text: room("#" + text)])
def test_a_name_has_no_heap_of_accents_and_does_not_begin_with_one(make: Callable[[str], object]) -> None:
    """They would be seen on what stands before it, or above and below."""
    for bad in (
        "\u0301",
        "\u0338bob",
        "bob" + "\u0301" * 5,
        "\u00e9" + "\u0301" * 4,
        "bob\u20dd\u20dd\u20dd\u20dd\u20dd",
    ):
        with pytest.raises(BadName, match=r"accent|character U\+"):
            make(bad)
    for good in ("josé", "Nguyễn", "क्षत्रिय", "שָׁלוֹם", "ส้มตำ", "ང་རྒྱལ", "bo\u0301\u0302\u0303\u0304b"):
        make(good)


def test_rooms_have_one_spelling() -> None:
    assert room("#Ops") == room("#ops") == room("# ops ") == "#ops"
    assert room("#ＣＡＦÉ") == "#café"
    assert room("#" + "x" * 48) == "#" + "x" * 48


@pytest.mark.parametrize(
    "text", ["", "#", "ops", "##ops", "#a b", "#a:b", "#{x}", "#" + "x" * 49, "#\x07", "#-a", "#@a"]
)
def test_bad_rooms(text: str) -> None:
    with pytest.raises(BadName) as refused:
        room(text)
    assert refused.value.code is Code.BAD_ROOM


def test_destinations() -> None:
    assert destination("@Bob") == Nick("Bob", "bob")
    assert destination("#Ops") == "#ops"
    for bad, code in (("bob", Code.BAD_ROOM), ("", Code.BAD_ROOM), ("@", Code.BAD_NICK), ("#", Code.BAD_ROOM)):
        with pytest.raises(BadName) as refused:
            destination(bad)
        assert refused.value.code is code


@given(text=st.text(max_size=40))
def test_a_name_is_stable_and_safe(text: str) -> None:
    try:
        nick = nickname(text)
    except BadName:
        return
    assert nickname(nick.shown) == nick
    assert nickname(nick.mapped).mapped == nick.mapped
    for form in (nick.shown, nick.mapped):
        assert not set(form) & set("{}:,*?")
        assert not any(sign.isspace() or sign < " " for sign in form)
        assert form[0] not in "@#/\\-"


@pytest.mark.parametrize("sign", ["\ufdfa", "\xe9", "\uac01"])
def test_a_long_name_is_refused_without_the_profile(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """256 signs, of which each becomes 18, would take it 36 ms: 30 such frames a second would keep a node busy."""
    monkeypatch.setattr(names, "_profile", None)
    for make, text in ((nickname, sign * 256), (room, "#" + sign * 256)):
        with pytest.raises(BadName, match="characters, this one has"):
            make(text)


def test_white_space_around_a_name_counts_for_nothing() -> None:
    assert nickname("  alice" + " " * 40) == nickname("alice")
    assert nickname("  Åsa" + "\u3000" * 40) == nickname("Åsa")


def test_who_is_shown_by_the_same_name_has_the_same_name() -> None:
    """Found by the fuzzer: a lunate sigma becomes a sigma, and its small letter was another one."""
    assert nickname("\u03f9G") == nickname("\u03a3G")


@pytest.mark.parametrize("shown", ["alice", "x" * 32, "é" * 31, "😀"])
def test_suggestions_are_other_valid_names(shown: str) -> None:
    proposed = suggestions(shown)
    assert len(set(proposed)) == len(proposed) >= 3
    for name in proposed:
        assert nickname(name).shown == name != shown
        assert len(name) <= MAX_NICK
    assert suggestions("alice")[:2] == ["alice_", "alice2"]


@pytest.mark.parametrize(
    ("name", "mixed"), [("раypal", True), ("αlice", True), ("маша", False), ("田中ken", False), ("al1ce_", False)]
)
def test_near_a_name_of_two_alphabets_nothing_is_proposed(name: str, mixed: bool) -> None:
    assert is_mixed(name) is mixed
    assert (suggestions(name) == []) is mixed
