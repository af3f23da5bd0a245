"""The scripts as they are loaded, and the document that describes what they write."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from cluster.calls import Caller
from cluster.entries import from_stream
from cluster.keys import Keys
from cluster.scripts import load
from cluster.settings import SCHEMA, ClusterSettings
from cluster.term import Standing

ROOT = Path(__file__).parents[3]
LUA = ROOT / "cluster" / "scripts"
DOCUMENT = (ROOT / "docs" / "redis.md").read_text("utf-8")
LIBRARIES = (
    *(
        "lib",
        "lives",
        "log",
        "staged",
        "compared",
        "bringing",
        "settling",
        "healing",
        "rights",
        "granting",
        "succession",
        "membership",
        "naming",
        "mail",
        "tokens",
    ),
    *("saying", "seeing", "staging", "banning", "announcing", "remembering"),
    *("mending", "mending_names", "mending_rooms", "mending_sessions"),
)


def sources() -> str:
    """All Lua, without comments."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(LUA.glob("*.lua")))
    return re.sub(r"--.*", "", text)


def test_each_script_begins_with_the_library_and_has_the_digest_of_its_text() -> None:
    scripts = load()
    lib = (LUA / "lib.lua").read_text("utf-8")
    assert set(scripts) == {path.stem for path in LUA.glob("*.lua")} - set(LIBRARIES)
    for name, script in scripts.items():
        own = (LUA / f"{name}.lua").read_text("utf-8")
        assert script.text.startswith(lib)
        assert script.text.endswith(own)
        assert ("local function finish" in script.text) == own.startswith("-- include: naming mail membership")
        assert ("heal = function(...)" in script.text) == ("\n-- on demand: healing\n" in own)
        assert script.digest == hashlib.sha1(script.text.encode()).hexdigest()


def test_every_script_says_what_it_takes_and_answers() -> None:
    for path in LUA.glob("*.lua"):
        if path.stem not in LIBRARIES:
            header = re.match(r"(--[^\n]*\n)+", path.read_text("utf-8"))
            assert header, path.name
            assert "Reply:" in header[0], path.name
            text = path.read_text("utf-8")
            assert "wrong_term()" in text or "closed()" in text or path.stem == "recover", path.name


def test_a_call_is_the_digest_one_key_and_the_common_arguments() -> None:
    standing = Standing(ClusterSettings("n1", "redis://x", "{t}:", 2.0, 3.0, 77), "b0", "run:repl:nonce")
    command = Caller(standing, Keys("{t}:")).command("end", ["s", "c", "quit"])
    digest = load()["end"].digest
    assert command == ["EVALSHA", digest, 1, "{t}:term", "run:repl:nonce", "n1/b0", 2000, 3000, 77, "s", "c", "quit"]
    assert (standing.epoch, standing.server, standing.name) == ("nonce", "run:repl", "n1/b0")


def key_patterns() -> set[str]:
    """`key('session:' .. x .. ':said')` -> `session:<…>:said`; `base(log) .. ':meta'` -> both logs' keys."""
    found = set()
    for expression in re.findall(r"key\(((?:[^()]|\([^()]*\))*)\)", sources()):
        parts = [part.strip() for part in expression.split("..")]
        if parts[0].startswith("'"):
            found.add("".join(part.strip("'") if part.startswith("'") else "<…>" for part in parts))
    for suffix in re.findall(r"(?:base\([^()]*\)|where) \.\. '(:\w+)'", sources()):
        found |= {f"room:<…>{suffix}", f"inbox:<…>{suffix}"}
    return found - {"room:<…>", "inbox:<…>", "node:<…>"}


def documented_patterns() -> set[str]:
    words = re.findall(r"`([^`\n]+)`", DOCUMENT)
    return {re.sub(r"<[^<>]*>(/<[^<>]*>)?", "<…>", word) for word in words}


def test_every_key_stands_in_the_document() -> None:
    patterns = key_patterns()
    assert {"absent", "session:<…>:said", "node:<…>:sessions", "inbox:<…>:log", "room:<…>:members"} <= patterns
    assert patterns - documented_patterns() == set()
    assert {"term", "schema", "presence", "node:<…>", "session:<…>"} <= documented_patterns()


def hash_fields() -> set[str]:
    """Every field of every HSET, HGET, HMGET and HDEL that is written out."""
    found: set[str] = set()
    for command, rest in re.findall(
        r"redis\.call\('(HSET|HGET|HMGET|HDEL)',((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", sources()
    ):
        words = [part.strip() for part in re.split(r",(?![^(]*\))", rest)][1:]
        chosen = words[::2] if command == "HSET" else words
        found |= {word.strip("'") for word in chosen if re.fullmatch(r"'\w+'", word)}
    for fields in re.findall(r"owned\([^{}]*\{([^{}]*)\}", sources()):
        found |= set(re.findall(r"'(\w+)'", fields))
    return found


def test_every_field_stands_in_the_document() -> None:
    fields = hash_fields()
    assert {"claim", "epoch", "former", "acknowledged", "hold", "taken", "did", "began"} <= fields
    assert {field for field in fields if f"`{field}`" not in DOCUMENT} == set()


def test_every_field_of_an_entry_and_every_kind_stands_in_the_document() -> None:
    for field in ("kind", "session", "n", "nick", "time", "text"):
        assert f"`{field}`" in DOCUMENT
        assert f"'{field}'" in sources()
    for kind in ("message", "joined", "left", "topic", "receipt", "gap"):
        assert f"`{kind}`" in DOCUMENT
    assert from_stream.__doc__


def test_every_control_message_and_the_schema_stand_in_the_document() -> None:
    assert "'!taken'" in sources()
    assert "`!taken " in DOCUMENT
    assert "'!presence'" in sources()
    assert "`!presence " in DOCUMENT
    assert "'!rights'" in sources()
    assert "`!rights " in DOCUMENT
    assert "'!right'" in sources()
    assert "`!right " in DOCUMENT
    assert "`!probe " in DOCUMENT
    assert f"schema number is {SCHEMA}" in DOCUMENT


def test_the_fields_of_a_nodes_row_stand_in_the_document() -> None:
    source = (ROOT / "cluster" / "beat.py").read_text("utf-8")
    row = re.search(r"row: dict\[str, Any\] = \{(.*?)\}", source, re.DOTALL)
    assert row
    fields = re.findall(r'"(\w+)":', row[1])
    assert len(fields) > 6
    assert [field for field in fields if f"`{field}`" not in DOCUMENT] == []
