"""docs/protocol.md says what the code says: each op, field, default, code and example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from wire import plain
from wire.client import ClientProtocol
from wire.codec import MAX_FRAME, decode_client, decode_server, op
from wire.codes import FIRST_FINAL, Code
from wire.frames import (
    RESERVED_OPS,
    Bye,
    ClientFrame,
    Error,
    Frame,
    Hello,
    Member,
    Quit,
    RoomInfo,
    ServerFrame,
    Welcome,
)
from wire.plain import Help
from wire.server import MAX_AHEAD, ServerProtocol
from wire.states import ENDING_BEFORE_WELCOME, ENDING_CODES
from wire.text import MAX_TEXT

DOCUMENT = Path(__file__, "../../../../docs/protocol.md").resolve().read_text()


def part(title: str) -> str:
    """The text below a title, up to the next one of the same or a higher level."""
    level = title.split(" ")[0]
    found = re.search(rf"^{re.escape(title)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def section(side: str, name: str) -> str:
    """The part about an op; some share one."""
    titles = re.findall(r"^#### .*$", part(side), re.MULTILINE)
    (title,) = (title for title in titles if f"`{name}`" in title)
    found = re.search(rf"^{re.escape(title)}$(.*?)(?=^#### |\Z)", part(side), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    cells = [re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in cells}


CLIENT_SIDE, SERVER_SIDE = "### What a client sends", "### What a node sends"
KINDS = [
    *((CLIENT_SIDE, kind) for kind in get_args(ClientFrame)),
    *((SERVER_SIDE, kind) for kind in get_args(ServerFrame)),
]


@pytest.mark.parametrize(("side", "kind"), KINDS)
def test_every_op_stands_there_with_its_fields_and_no_others(side: str, kind: type[Frame]) -> None:
    written = rows(section(side, op(kind)))
    assert list(written) == [field.encode_name for field in msgspec.structs.fields(kind)]


@pytest.mark.parametrize(("side", "kind"), KINDS)
def test_every_default_stands_there(side: str, kind: type[Frame]) -> None:
    written = rows(section(side, op(kind)))
    for field in msgspec.structs.fields(kind):
        assert written[field.encode_name][1].replace(" ", "") == _default(field), field.name


def _default(field: Any) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return {list: "[]", dict: "{}"}[field.default_factory]
    if field.default is msgspec.NODEFAULT or field.default is None:
        return ""
    return msgspec.json.encode(field.default).decode()


def test_no_op_stands_there_that_is_none() -> None:
    for side, union in ((CLIENT_SIDE, ClientFrame), (SERVER_SIDE, ServerFrame)):
        titles = re.findall(r"^#### (.*)$", part(side), re.MULTILINE)
        named = {name for title in titles for name in re.findall(r"`(\w+)`", title)}
        assert named == {op(kind) for kind in get_args(union)}


def test_rows_inside_of_frames_are_named() -> None:
    for name, kind in (("members", Member), ("roomlist", RoomInfo)):
        for field in kind.__struct_fields__:
            assert f"`{field}`" in section(SERVER_SIDE, name)


def test_reserved_ops_are_named() -> None:
    assert set(re.findall(r"`(\w+)`", part("#### Reserved"))) == RESERVED_OPS


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_row(code: Code) -> None:
    found = re.findall(rf"^\| {int(code)} \| {code.name} \| (.+) \| (.+) \|$", part("## Codes"), re.MULTILINE)
    assert len(found) == 1


def test_no_other_code_has_a_row() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", part("## Codes"), re.MULTILINE)]
    assert numbers == sorted(Code)
    assert f"Below {FIRST_FINAL}" in part("## Codes")


def test_the_codes_that_end_a_connection_are_named() -> None:
    (sentence,) = re.findall(r"An \*\*ending error\*\*.*?\. A native", part("## States"), re.DOTALL)
    before, _, after = sentence.partition("before `welcome` also")
    assert set(re.findall(r"[A-Z_]{4,}", before)) == {code.name for code in ENDING_CODES}
    assert set(re.findall(r"[A-Z_]{4,}", after)) == {code.name for code in ENDING_BEFORE_WELCOME}


def test_fixed_lines_and_limits() -> None:
    assert f"      {plain.GREETING.decode()}" in part("## Lines")
    assert f"`{plain.ASK.decode().strip()}`" in part("## The plain dialect")
    assert f"**{MAX_FRAME:,} bytes**" in part("## Lines")
    assert f"**{MAX_TEXT:,} bytes**" in part("## Lines")
    assert f"{MAX_AHEAD // 1024} KiB" in part("## Lines")


@pytest.mark.parametrize(
    "command", ["join", "leave", "who", "rooms", "topic", "nick", "away", "back", "whois", "me", "help", "quit", "msg"]
)
def test_every_plain_command_is_written_in_the_document_and_in_the_help(command: str) -> None:
    assert f"/{command}" in part("## The plain dialect")
    assert f"/{command}".encode() in plain.HELP
    plain.parse(f"/{command} a b")


def test_the_native_example_is_what_the_code_understands() -> None:
    lines = part("## An example: a session that survives its node").splitlines()
    client, server = ClientProtocol(), ServerProtocol()
    for line in (line.strip().encode() for line in lines if line.startswith("    ")):
        if line.startswith(b"("):
            client, server = ClientProtocol(), ServerProtocol()
        elif line.startswith(b"> "):
            assert list(server.receive_data(client.send(decode_client(line[2:])))) == [decode_client(line[2:])]
        elif line.startswith(b"< {"):
            frame = decode_server(line[2:])
            assert frame is not None
            assert server.send(frame) == line[2:] + b"\n"
            assert client.receive_data(line[2:] + b"\n") == [frame]
        else:
            assert client.receive_data(line[2:] + b"\n") == []


def test_the_plain_example_is_what_the_code_understands() -> None:
    lines = [line.strip() for line in part("## The plain dialect").splitlines() if line.startswith("    ")]
    server = ServerProtocol()
    assert lines[0] == "< " + plain.GREETING.decode().strip()
    for line in (line for line in lines if line.startswith("> ")):
        (event,) = server.receive_data(f"{line[2:]}\n".encode())
        assert not isinstance(event, Help | Exception)
        _answer(server, event, lines)


def _answer(server: ServerProtocol, event: object, lines: list[str]) -> None:
    answer: ServerFrame | None = None
    if isinstance(event, Hello) and event.nick == "bob":
        answer = Error(code=Code.NICK_TAKEN, text="that nickname is taken", suggestion="bob_")
    elif isinstance(event, Hello):
        answer = Welcome(session="s", nick="bob_", node="n1", logs={}, heartbeat=1.0)
    elif isinstance(event, Quit):
        answer = Bye()
    for line in server.send(answer).decode().splitlines() if answer else []:
        assert f"< {line}" in lines
