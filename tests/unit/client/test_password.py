"""Where `hydrachat join` finds a password, asks for one, and keeps none."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import click
import pytest

from client.chat import ChatClient
from client.errors import Refused
from client.password import entered, found
from client.terminal.screen import Kept
from client.terminal.secrets import masked, secret
from cluster.operator import words
from tests.unit.client.scripted import Loopback
from wire.codes import Code
from wire.errors import WireError
from wire.passwords import password


class Door:
    """Stands for a client: `right` is let in."""

    def __init__(self, given: str | None, right: str, code: Code = Code.NOT_ADMITTED) -> None:
        self.given, self.right, self.code, self.nick = given, right, code, "alice"
        self.is_over = False

    def start(self, _: float) -> None:
        if self.given != self.right:
            raise Refused(self.code, "they do not fit")

    def quit(self) -> None:
        self.is_over = True


def doors(right: str, code: Code = Code.NOT_ADMITTED) -> tuple[list[Door], Any]:
    made: list[Door] = []

    def make(given: str | None) -> ChatClient:
        made.append(Door(given, right, code))
        return cast(ChatClient, made[-1])

    return made, make


def test_what_was_typed_goes_before_the_variable_and_that_before_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HYDRACHAT_PASSWORD", raising=False)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("typed it\n")
    two.write_text("in settings\r\n")
    assert found(None, "") is None
    assert found(None, str(two)) == "in settings"
    monkeypatch.setenv("HYDRACHAT_PASSWORD", "the variable")
    assert found(None, str(two)) == "the variable"
    assert found(one, str(two)) == "typed it"
    with pytest.raises(click.BadParameter, match="can't be read"):
        found(tmp_path / "none", "")


def test_a_person_is_asked_where_one_is_needed_and_again_where_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(_: str, **how: Any) -> str:
        asked.append(how)
        return "wrong" if len(asked) == 1 else "open sesame"

    monkeypatch.setattr(click, "prompt", prompt)
    made, make = doors("open sesame")
    entered(make, None, asking=nullcontext, patience=1)
    assert [door.given for door in made] == [None, "wrong", "open sesame"]
    assert [door.is_over for door in made] == [True, True, False]
    assert all(how["hide_input"] for how in asked)


def test_three_tries_and_none_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "prompt", lambda *_, **__: "wrong")
    for ask, tries in ((True, 3), (False, 1)):
        made, make = doors("open sesame")
        with pytest.raises(Refused):
            entered(make, None, asking=nullcontext if ask else None, patience=1)
        assert (len(made), all(door.is_over for door in made)) == (tries, True)


def test_for_another_refusal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "prompt", lambda *_, **__: pytest.fail("asked"))
    made, make = doors("open sesame", Code.NICK_TAKEN)
    with pytest.raises(Refused):
        entered(make, None, asking=nullcontext, patience=1)
    assert len(made) == 1


def test_the_library_brings_it() -> None:
    with Loopback() as cluster:
        with ChatClient(cluster.servers, "alice", password="open sesame"):
            pass
        hellos = [frame for frame in cluster.heard if type(frame).__name__ == "Hello"]
    assert [frame.password for frame in hellos] == ["open sesame"]  # type: ignore[attr-defined]
    assert "sesame" not in repr(hellos)


@pytest.mark.parametrize("line", ["/register open sesame", "/REGISTER x", "/unregister open sesame", "/regster sesame"])
def test_a_line_with_a_password_is_not_kept(line: str) -> None:
    assert secret(line)
    assert "sesame" not in masked(line)
    history = Kept()
    for each in ("hello", line):
        history.append_string(each)
    assert list(history.get_strings()) == ["hello"]


@pytest.mark.parametrize(
    ("given", "nick"),
    [
        ("open sesame", ""),
        ("short", ""),
        ("x" * 129, ""),
        ("alice1234", "Alice1234"),
        ("pass\u00e9word", ""),
        ("tab\tinside it", ""),
        ("ＦＵＬＬwidth", ""),
    ],
)
def test_an_operators_rule_is_the_clients(given: str, nick: str) -> None:
    def judged(rule: Any) -> str | None:
        try:
            return str(rule(given, nick))
        except (WireError, click.BadParameter) as error:
            return "told" if given in str(error) else None

    assert judged(password) == judged(words.password)


def test_one_spelling() -> None:
    assert password("pass\u00e9word") == password("passe\u0301word")
    assert password("open\u3000sesame") == password("open sesame")
