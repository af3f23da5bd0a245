"""The rules for users of Redis, and the document that shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cluster import acl as rights
from cluster.acl import GROUP, Rule, in_scripts, rules
from cluster.scripts import load

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "redis.md").read_text("utf-8")


def documented() -> dict[str, list[str]]:
    """Role -> the words of its line, in order; they go over several lines with a backslash."""
    lines = re.findall(r"^ {4}user hydrachat-(\w+) on >\S+ (.*)$", DOCUMENT.replace("\\\n", " "), re.MULTILINE)
    return {role: words.split() for role, words in lines}


@pytest.mark.parametrize("role", sorted(rules()))
def test_the_document_has_exactly_the_rule(role: str) -> None:
    assert documented()[role] == rules()[role].words(), " ".join(rules()[role].words())


def test_the_document_says_what_a_group_needs_beside() -> None:
    assert f"`+{' +'.join(GROUP)}`" in DOCUMENT


def test_each_function_of_the_scripts_is_seen_as_one() -> None:
    # One that is written otherwise would hide the next, and what that calls.
    for script in load().values():
        begun = re.findall(r"^(?:local )?function ([\w.]+)\(", re.sub(r"--.*", "", script.text), re.MULTILINE)
        assert [name for _, name in rights._FUNCTION.findall(re.sub(r"--.*", "", script.text))] == begun, script.name


def test_each_call_names_its_command() -> None:
    for script in load().values():
        text = re.sub(r"--.*", "", script.text)
        assert len(re.findall(r"redis\.p?call\b", text)) == len(rights._CALL.findall(text)), script.name


def test_what_a_script_does_not_come_to_is_not_granted() -> None:
    assert {"zremrangebyscore", "incr"} <= in_scripts(["ban"])
    assert not {"zremrangebyscore", "incr"} & in_scripts(["claim"])  # includes the same library
    assert not {"zremrangebyscore", "incr", "pexpireat"} & set(rules()["node"].commands)


def test_what_only_a_function_of_a_table_calls_is_not_granted() -> None:
    assert "ttl" in in_scripts(["join"])  # rights.clear_up
    assert "ttl" not in in_scripts(["operator_rights"])  # includes the same library
    assert "pttl" in in_scripts(["mend"])  # wrong[KIND]: it may be any of them


def test_all_scripts_that_operators_commands_run_are_judged() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "cluster" / "operator").rglob("*.py")]
    named = {
        name for text in sources for name in re.findall(r"""\bdo(?:_again)?\(\s*"(\w+)"|\bload\(\)\["(\w+)"\]""", text)
    }
    assert {one or other for one, other in named} | {"recover"} == set(rights.ACTING)


def test_no_role_has_a_command_that_reaches_beyond_its_keys() -> None:
    dangerous = {"keys", "flushall", "flushdb", "config|get", "config|set", "acl|list", "eval", "monitor", "shutdown"}
    dangerous |= {"debug", "replicaof", "slaveof", "migrate", "restore", "client|kill", "script|flush", "module|load"}
    for rule in rules().values():
        assert not dangerous & set(rule.commands)
        assert not any(command.startswith("@") for command in rule.commands)


def test_who_only_looks_is_granted_nothing_that_writes() -> None:
    writing = {"set", "del", "hset", "hdel", "sadd", "srem", "zadd", "zrem", "xadd", "xtrim", "publish", "expire"}
    assert not writing & set(rules()["reader"].commands)


def test_who_only_looks_may_judge_what_doctor_suspects() -> None:
    script = load()["mend"].text
    looking = re.sub(r"^function mend\.\w+\((?:[^\n]*\bend|.*?^end)$", "", script, flags=re.MULTILINE | re.DOTALL)
    judging = "\n".join(re.findall(r"^function wrong\..*?(?:^end| end)$", looking, re.MULTILINE | re.DOTALL))
    called = {command.lower() for command, _ in rights._CALL.findall(judging)}
    assert {"hexists", "get"} <= called <= set(rules()["reader"].commands)


def test_a_rule_is_for_one_prefix() -> None:
    assert Rule(("get",)).words("{a}:") == ["~{a}:*", "resetchannels", "+get"]
    listening = Rule(("get",), ("b:",)).words("{a}:")
    assert listening == ["~{a}:*", "resetchannels", "&{a}:b:*", "+get"]
