"""docs/terminal.md has every command and every key, as the program says them."""

from __future__ import annotations

from pathlib import Path

from client.fullscreen.commands import COMMANDS, KEYS, OTHERS
from client.fullscreen.rows import GUTTERS

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "terminal.md").read_text("utf-8")


def test_commands_and_keys() -> None:
    rows = [f"| `{what}` | {does}" for what, does in OTHERS]
    rows += [f"| `{f'/{one.name} {one.usage}'.rstrip()}` | {one.help}" for one in COMMANDS]
    rows += [f"| {key} | {does} |" for key, does in KEYS]
    assert [row for row in rows if row not in TEXT] == []
    assert all(f"`/{alias}`" in TEXT for one in COMMANDS for alias in one.aliases)


def test_marks() -> None:
    assert all(f"`{sign.strip()}`" in TEXT for sign in GUTTERS.values())
