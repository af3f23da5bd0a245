"""`up --sentinel`: ports, files and command lines of its Redis group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cluster.group import parsed
from cluster.operator.errors import BadSetting
from cluster.up import group
from cluster.up.plan import MOST_BESIDE_A_GROUP, Plan
from hydrachat import cli


def plan(data: Path, base: int = 7700, nodes: int = 3) -> Plan:
    return Plan(base, nodes, data, None, "/redis-server", "/h", (), True)


def test_nodes_are_told_of_the_sentinels(tmp_path: Path) -> None:
    assert parsed(plan(tmp_path).redis_url).sentinels == tuple(("127.0.0.1", port) for port in (7796, 7795, 7794))


def test_no_port_has_two_uses_with_the_most_nodes(tmp_path: Path) -> None:
    used = [port for port, _ in plan(tmp_path, nodes=MOST_BESIDE_A_GROUP).ports()]
    assert len(used) == len(set(used))
    assert {7794, 7795, 7796, 7797, 7798, 7799} < set(used)


def test_servers_have_what_the_documents_ship(tmp_path: Path) -> None:
    group.prepare(plan(tmp_path))
    made = plan(tmp_path)
    specs = {spec.name: spec for spec in (*group.server_specs(made), *group.sentinel_specs(made))}
    document = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text()
    for number in (1, 2, 3):
        line = " ".join(specs[f"redis{number}"].argv).replace("--", "")
        for setting in ("min-replicas-to-write 1", "min-replicas-max-lag 3", "repl-diskless-sync-delay 0",
                        "appendonly yes", "appendfsync always", "maxmemory-policy noeviction"):  # fmt: skip
            assert setting in line
            assert setting in document
    # Sentinels go first when all stops: the end of the master is no failure to be mended.
    assert specs["sentinel1"].stop_group < specs["redis1"].stop_group


def test_files_are_made_once(tmp_path: Path) -> None:
    group.prepare(plan(tmp_path))
    assert "replicaof" not in (tmp_path / "redis1" / "redis.conf").read_text()
    assert "replicaof 127.0.0.1 7799" in (tmp_path / "redis3" / "redis.conf").read_text()
    kept = tmp_path / "redis1" / "redis.conf"
    kept.write_text("port 7799\nreplicaof 127.0.0.1 7797\n")  # a sentinel has promoted another one
    group.prepare(plan(tmp_path))
    assert "7797" in kept.read_text()


def test_a_folder_with_spaces_that_was_moved_is_given_as_a_flag(tmp_path: Path) -> None:
    folder = tmp_path / "chat data"
    group.prepare(plan(folder))
    for file in (folder / "redis2" / "redis.conf", folder / "sentinel2" / "sentinel.conf"):
        assert "dir" not in file.read_text().split()
        file.write_text(file.read_text() + f'dir "{tmp_path}/former place"\nmyid 7\n')
    group.prepare(plan(folder))
    for file in (folder / "redis2" / "redis.conf", folder / "sentinel2" / "sentinel.conf"):
        assert "former place" not in file.read_text()
        assert file.read_text().endswith("myid 7\n")
    sentinels = list(group.sentinel_specs(plan(folder)))
    assert sentinels[1].argv[-2:] == ("--dir", str(folder / "sentinel2"))


def test_a_dead_server_rests_until_another_is_promoted(tmp_path: Path) -> None:
    assert all(spec.rest * 1000 > 2 * group.DOWN_AFTER for spec in group.server_specs(plan(tmp_path)))
    assert all(spec.rest == 0 for spec in group.sentinel_specs(plan(tmp_path)))


@pytest.mark.parametrize("group_", [True, False])
def test_history_of_the_other_kind_is_named_until_there_is_one_of_this(tmp_path: Path, group_: bool) -> None:
    made = plan(tmp_path)
    made, other = replace(made, group=group_), replace(made, group=not group_)
    assert made.unused_history is None
    other.redis_folders[0].mkdir()
    assert made.unused_history == other.redis_folders[0]
    made.redis_folders[0].mkdir()
    assert made.unused_history is None


def test_a_group_of_another_base_port_is_not_started(tmp_path: Path) -> None:
    group.prepare(plan(tmp_path))
    with pytest.raises(BadSetting, match=r"was made for other ports \(7799, not 8799\)"):
        group.prepare(plan(tmp_path, base=8700))


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "redis1").touch()
    with pytest.raises(BadSetting, match="--data"):
        group.prepare(plan(tmp_path))


@pytest.mark.parametrize("words", [["--redis", "redis://h/0"], ["--nodes", "94"]])
def test_what_does_not_go_with_a_group_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["up", "--sentinel", *words]) == 2
    assert "--sentinel" in capsys.readouterr().err
