"""Completion, what was typed before, and secrets."""

from __future__ import annotations

import pytest

from client.fullscreen.commands import COMMANDS, Typed, meant
from client.fullscreen.composing import Completion, Typing, completion
from client.terminal.secrets import masked, secret
from tests.unit.client.fullscreen.world import World, joined, message
from wire.errors import WireError


@pytest.fixture
def world() -> World:
    world = World()
    world.hear(joined("bob"), joined("bert"), joined("Zoë"), message(1, nick="bert"))
    return world


def found(world: World, text: str, steps: int = 1, by: int = 1) -> str:
    walk = completion(text, len(text), world.model)
    assert walk is not None
    for _ in range(steps):
        text, at = walk.step(by)
    assert at <= len(text)
    return text


def test_a_nickname_at_the_beginning_is_called(world: World) -> None:
    assert found(world, "bo") == "bob: "
    assert found(world, "zo") == "Zoë: "
    assert found(world, "hello bo") == "hello bob "


def test_who_spoke_last_comes_first_and_again_is_the_next(world: World) -> None:
    assert [found(world, "b", n) for n in (1, 2, 3)] == ["bert: ", "bob: ", "bert: "]
    assert found(world, "b", by=-1) == "bob: "


def test_commands_rooms_and_people_where_they_belong(world: World) -> None:
    world.model.rooms_known = {"#ops"}
    assert found(world, "/hist") == "/history "
    assert found(world, "see #o") == "see #ops "
    assert found(world, "/join o") == "/join #ops "
    assert found(world, "@bo") == "@bob "
    assert found(world, "/msg bo") == "/msg bob "


def test_nothing_where_nothing_fits(world: World) -> None:
    assert completion("xyz", 3, world.model) is None
    assert completion("", 0, world.model) is None
    assert completion("al", 2, world.model) is None, "never oneself"


def test_what_stands_behind_the_cursor_stays(world: World) -> None:
    walk = completion("bo how are you", 2, world.model)
    assert isinstance(walk, Completion)
    assert walk.step(1) == ("bob: how are you", 5), "and the space that is there will do"
    walk = completion("hi boand so on", 5, world.model)
    assert isinstance(walk, Completion)
    assert walk.step(1) == ("hi bob and so on", 7)


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("/msg ", "/msg bert "),
        ("/query b", "/query bert "),
        ("/whois ", "/whois bert "),
        ("/topic o", "/topic #ops "),
        ("/topic #ops o", None),
        ("/who ", "/who #lobby "),
        ("/part #o", "/part #ops "),
        ("/go o", "/go #ops "),
        ("/go z", "/go Zoë "),
        ("/invite ", "/invite bert "),
        ("/invite #ops ", "/invite #ops bert "),
        ("/remove #ops z", "/remove #ops Zoë "),
        ("/mute @z", "/mute @Zoë "),
        ("/theme l", "/theme light"),
        ("/theme ", "/theme dark"),
        ("/help /the", "/help theme"),
        ("/me looks at z", "/me looks at Zoë "),
        ("/me ", None),
        ("/search ", None),
        ("/nonsense ", None),
    ],
)
def test_what_may_stand_behind_each_command(world: World, typed: str, becomes: str | None) -> None:
    world.model.rooms_known = {"#ops"}
    walk = completion(typed, len(typed), world.model)
    assert (walk.step(1)[0] if walk else None) == becomes


def test_up_and_down_and_the_unfinished_line() -> None:
    typing = Typing()
    for text in ("one", "two", "two", " "):
        typing.keep(text)
    assert [typing.up("unfinished"), typing.up(""), typing.up("")] == ["two", "one", None]
    assert [typing.down(), typing.down(), typing.down()] == ["two", "unfinished", None]


@pytest.mark.parametrize("text", ["/register alice pw", " /REGISTER x", "/regster alice pw", "/register\tx"])
def test_secrets_are_neither_kept_nor_shown(text: str) -> None:
    typing = Typing()
    typing.keep(text)
    assert typing.up("") is None
    assert secret(text)
    assert "pw" not in masked(text)
    assert len(masked(text)) == len(text)


def test_other_lines_are_as_they_are() -> None:
    for text in ("/join #ops", "register alice pw", "//register", "/regi"):
        assert masked(text) == text


def test_what_lines_mean() -> None:
    assert meant("hello", "#lobby") == Typed("say", "hello", "#lobby")
    assert meant("two\nlines ", "@bob") == Typed("say", "two\nlines", "@bob")
    assert meant("//slash", "#lobby") == Typed("say", "/slash", "#lobby")
    assert meant("@bob: hi", "#lobby") == Typed("say", "hi", "@bob")
    assert meant("/JOIN #x", "#lobby") == Typed("join", "#x")
    assert meant("/part", "#lobby") == Typed("leave")
    assert meant("\\q", "#lobby") == Typed("quit")
    assert meant("  \n ", "#lobby") == Typed("")


def test_unknown_commands_say_what_is_near() -> None:
    with pytest.raises(WireError, match="did you mean /join"):
        meant("/jion #x", "#lobby")
    with pytest.raises(WireError, match="/help lists"):
        meant("/xyzzy", "#lobby")


def test_no_word_is_taken_twice() -> None:
    words = [word for one in COMMANDS for word in (one.name, *one.aliases)]
    assert len(words) == len(set(words))


def test_a_walk_ends_where_one_goes_elsewhere() -> None:
    typing = Typing()
    typing.keep("one")
    assert typing.up("unfinished") == "one"
    typing.leave_off()
    assert typing.down() is None, "it is not for whom one talks to now"
    assert typing.up("") == "unfinished"
