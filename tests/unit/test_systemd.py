"""What systemd/ promises: a unit that systemd takes without a word, and settings that there are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from node.command import node
from tests.support.programs import required

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "hydrachat-node@.service"
SETTINGS = {param.envvar for param in node.params}


def test_systemd_takes_the_unit_without_a_word(tmp_path: Path) -> None:
    program = required("systemd-analyze")
    there = tmp_path / UNIT.name
    there.write_text(UNIT.read_text("utf-8").replace("/opt/hydrachat/bin/hydrachat", "/bin/true"), "utf-8")
    done = subprocess.run([program, "verify", str(there)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_variable_of_the_unit_and_of_its_example_is_a_setting_of_a_node() -> None:
    document = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = document[document.index("### Under systemd") :].partition("\n## ")[0]
    named = set(re.findall(r"HYDRACHAT_[A-Z_]+(?==)", section + UNIT.read_text("utf-8")))
    assert {"HYDRACHAT_ID", "HYDRACHAT_LISTEN", "HYDRACHAT_REDIS"} <= named
    assert named <= SETTINGS


def test_it_ends_in_order_before_it_is_killed_and_has_room_for_all_clients() -> None:
    lines = dict(line.split("=", 1) for line in UNIT.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line))
    assert int(lines["TimeoutStopSec"]) > 10
    assert int(lines["LimitNOFILE"]) > 10_000
    assert int(lines["TasksMax"]) > 10_000
    assert lines["Restart"] == "on-failure"
