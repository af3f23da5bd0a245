"""The settings file: where it is, what may stand in it, and how what is wrong is told."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from client.config import LONGEST, Config, default_path, load
from client.config_faults import BadConfig
from client.config_keys import KEYS, sample
from client.fullscreen.theme import names

FULL = """
servers = ["chat.example:7700", "[::1]:7700"]
nick = "zoë"
rooms = ["#Ops", "#ops", "#art"]
theme = "light"
"notify" = "osc9"
muted = ["#noise", "@Bob"]
mouse = false
tls = true
tls_ca = "/etc/chat-ca.pem"
tls_name = "chat.example"
password_file = "~/secret"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    """How each fault is told, without the folder."""
    with pytest.raises(BadConfig) as bad:
        load(written(folder, text))
    return str(bad.value).replace(f"{folder}/", "").splitlines()


def test_all_that_can_be_set(tmp_path: Path) -> None:
    assert load(written(tmp_path, FULL)) == Config(
        servers=("chat.example:7700", "[::1]:7700"),
        nick="zoë",
        rooms=("#ops", "#art"),
        theme="light",
        notify="osc9",
        muted=("#noise", "@Bob"),
        mouse=False,
        tls=True,
        tls_ca="/etc/chat-ca.pem",
        tls_name="chat.example",
        password_file="~/secret",
    )


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Config() == load() == load(Path("/dev/null"))


def test_every_field_has_its_key() -> None:
    assert [field.name for field in fields(Config)] == list(KEYS)


@pytest.mark.parametrize(
    ("xdg", "expected"),
    [("/somewhere", "/somewhere"), ("", "/home/of/a/.config"), ("relative/is/nothing", "/home/of/a/.config")],
)
def test_where_it_is_looked_for(xdg: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/of/a")
    monkeypatch.setenv("XDG_CONFIG_HOME", xdg)
    assert default_path() == Path(expected, "hydrachat", "config.toml")


def test_the_default_file_counts_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load() == Config()
    (tmp_path / "hydrachat").mkdir()
    written(tmp_path / "hydrachat", 'nick = "ann"')
    assert load() == Config(nick="ann")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('\nnickname = "ann"', "config.toml:2: nickname: there is no such setting; did you mean nick?"),
        (
            'notifications = "off"',
            "did you mean notify? there are servers, nick, rooms, theme, notify, muted, mouse, tls, tls_ca, "
            "tls_name, password_file",
        ),
        ("zzz = 1", "config.toml:1: zzz: there is no such setting; there are servers"),
        ("nick = 3", "config.toml:1: nick: is a number; write a text in quotes"),
        ('nick = "a b"', "config.toml:1: nick: 'a b' can't be: a nickname has no white space in it"),
        ('# nick = "x"\n"nick" = ""', "config.toml:2: nick: '' can't be: a nickname may not be empty"),
        ('servers = "h:1"', "config.toml:1: servers: is a text; write a list of texts"),
        ('servers = ["h:1", true]', "config.toml:1: servers: is true or false; write a text in quotes"),
        ('servers = [\n"h"\n]', "config.toml:1: servers: 'h' is not an address: write HOST:PORT"),
        ('theme = "draculla"', "config.toml:1: theme: 'draculla' is not known; did you mean dracula? there are dark"),
        ('rooms = ["#"]', "config.toml:1: rooms: '#' can't be: a room's name after its # may not be empty"),
        ('theme = "drak"', "config.toml:1: theme: 'drak' is not known; did you mean dark? there are dark, light"),
        ('notify = "beep"', "config.toml:1: notify: 'beep' is not known"),
        ("notify = false", "config.toml:1: notify: is true or false; write a text in quotes"),
        ("[theme]\ndark = 1", "config.toml:1: theme: is a table; write a text in quotes"),
        ("nick = 2020-01-01", "config.toml:1: nick: is a date or time"),
        ('muted = ["bob"]', "config.toml:1: muted: 'bob' is neither a room nor a person; write #room or @nick"),
        ('muted = ["@a b"]', "config.toml:1: muted: '@a b' can't be: a nickname has no white space"),
        ("rooms = [" + '"#a",' * 257 + "]", "config.toml:1: rooms: has 257 values; at most 256"),
        ("nick = ann", "config.toml: is not TOML: Invalid value (at line 1, column 8)"),
        ('nick = "a"\nnick = "b"', "config.toml: is not TOML: Cannot overwrite a value (at "),
        ("a = " + "[" * 20000, "config.toml: is not TOML: "),
        (b'nick = "a"\n# \xff', "config.toml:2: is not UTF-8"),
        ("#" * (LONGEST + 1), f"config.toml: has more than {LONGEST} bytes"),
    ],
    ids=range(24),
)
def test_what_is_wrong_is_told_with_its_place_and_what_is_allowed(
    text: str | bytes, expected: str, tmp_path: Path
) -> None:
    (told,) = faults(tmp_path, text)
    assert expected in told


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    told = faults(tmp_path, 'nik = "a"\ntheme = 1\nnotify = "off"\n')
    assert [line.partition(": ")[0] for line in told] == ["config.toml:1", "config.toml:2"]


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"there is no such file; `hydrachat join --print-config` prints one"):
        load(tmp_path / "config.toml")
    with pytest.raises(BadConfig, match="can't be read: Is a directory"):
        load(tmp_path)


def test_each_theme_that_is_listed_may_be_set(tmp_path: Path) -> None:
    assert len(names()) > 3
    for name in names():
        assert load(written(tmp_path, f'theme = "{name}"')).theme == name


def test_the_sample_changes_nothing_and_each_line_of_it_may_be_put_in_force(tmp_path: Path) -> None:
    assert load(written(tmp_path, sample())) == Config()
    inside = [line.removeprefix("#") for line in sample().splitlines() if line.startswith("#") and line[1] != " "]
    assert list(tomllib.loads("\n".join(inside))) == list(KEYS)
    assert load(written(tmp_path, "\n".join(inside))).nick == "alice"


def test_who_has_no_settings_does_not_wait_for_them() -> None:
    code = (
        "import sys; from client.config import load; load()\n"
        "print([n for n in ('tomllib', 'difflib') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"
