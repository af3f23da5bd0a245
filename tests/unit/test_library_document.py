"""docs/library.md says what the library is: its events, errors and settings; its code could be run."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import client
from client import ChatClient, ChatError, Event, Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "library.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
NAME = re.compile(r"`(\w+)`")


def rows(section: str) -> list[list[str]]:
    """The cells of the table in that section, without its head."""
    text = DOCUMENT.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_event_is_told_with_its_fields() -> None:
    told = {NAME.findall(name)[0]: NAME.findall(names) for name, names, _ in rows("Events")}
    assert told == {one.__name__: [field.name for field in fields(one)] for one in get_args(Event)}


def test_every_error_is_told() -> None:
    public = {name for name in client.__all__ if isinstance(getattr(client, name), type)}
    errors = {name for name in public if issubclass(getattr(client, name), ChatError)} - {"ChatError"}
    assert {NAME.findall(row[0])[0] for row in rows("Errors")} == errors


def test_every_setting_is_told_with_its_default() -> None:
    told = {NAME.findall(name)[0]: default for name, default, _ in rows("Limits")}
    assert told == {field.name: str(field.default) for field in fields(Settings)}


def test_every_parameter_for_tls_is_told_with_its_default() -> None:
    told = {NAME.findall(name)[0]: default for name, default, _ in rows("By TLS")}
    parameters = inspect.signature(ChatClient).parameters
    assert told == {name: str(one.default) for name, one in parameters.items() if name.startswith("tls")}


def blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


CODE = [*blocks(DOCUMENT), *blocks(README)]


@pytest.mark.parametrize("code", CODE, ids=range(len(CODE)))
def test_the_code_names_what_there_is(code: str) -> None:
    for part in ast.walk(ast.parse(code)):
        if isinstance(part, ast.ImportFrom) and part.module == "client":
            assert {alias.name for alias in part.names} <= set(client.__all__)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "chat":
            assert hasattr(ChatClient, part.attr)


def test_there_is_code() -> None:
    assert len(blocks(DOCUMENT)) >= 5
    assert len(blocks(README)) >= 1


def test_every_method_is_told() -> None:
    methods = {name for name in dir(ChatClient) if not name.startswith("_")}
    inline = {word for span in re.findall(r"`([^`\n]+)`", DOCUMENT) for word in re.findall(r"\w+", span)}
    assert methods - inline == set()


def test_every_function_is_told() -> None:
    public = [getattr(client, name) for name in client.__all__]
    functions = {one.__name__ for one in public if inspect.isfunction(one)} | {"said_to"}
    assert {NAME.findall(row[0].replace("event.", "").replace("(", "`"))[0] for row in rows("A program around it")} == (
        functions
    )


def test_all_that_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", DOCUMENT) if "://" not in link]
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert len(links) >= 4
