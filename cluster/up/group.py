"""A Sentinel group of `up`'s own: three Redis servers, of which one is the master, and three sentinels.

The settings are those of docs/operations.md. Sentinels write into their own files and into the servers', who is whose
replica: so the files are made once, and belong to the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cluster.operator.errors import BadSetting, Failed
from cluster.up.plan import GROUP, HOST, OF_A_GROUP, Plan, Spec, program, redis_flags

QUORUM = 2
DOWN_AFTER = 5000
FAILOVER_WITHIN = 30_000
MODE = 0o700
SAFER = {"--min-replicas-to-write": "1", "--min-replicas-max-lag": "3", "--repl-diskless-sync-delay": "0"}
"""A master that was cut off from its replicas refuses by itself."""
RESTS = 30.0
"""Seconds until a dead server is started again: a master that comes back amid the promotion of another loses what it
accepts until it is told of it."""
SENTINELS_STOP, SERVERS_STOP = 2, 3  # or else the stopping of the master would be a failover


def prepare(plan: Plan) -> None:
    """Makes the folders and files that are not there yet. Raises BadSetting if they are of another base port."""
    for number in range(1, OF_A_GROUP + 1):
        master = plan.group_port(1)
        replica = f"replicaof {HOST} {master}\n" if number > 1 else ""
        _write_once(_server_file(plan, number), f"port {plan.group_port(number)}\n{replica}")
        _write_once(_sentinel_file(plan, number), _sentinel_lines(plan, number, master))


def server_specs(plan: Plan) -> Iterator[Spec]:
    """Needs `plan.server`, and what `prepare` makes."""
    server = program(plan)
    for number in range(1, OF_A_GROUP + 1):
        file = _server_file(plan, number)
        flags = {**redis_flags(plan.group_port(number), file.parent), **SAFER}
        words = [word for pair in flags.items() for word in pair]
        yield Spec(f"redis{number}", (server, str(file), *words, "--save", ""), SERVERS_STOP, 8.0, rest=RESTS)


def sentinel_specs(plan: Plan) -> Iterator[Spec]:
    """To be started when `is_whole`, unless they know each other: a sentinel looks for replicas when it starts, and
    then every 10 s only."""
    server = program(plan)
    for number in range(1, OF_A_GROUP + 1):
        file = _sentinel_file(plan, number)
        argv = (server, str(file), "--sentinel", "--dir", str(file.parent))
        yield Spec(f"sentinel{number}", argv, SENTINELS_STOP, 5.0)


def is_known(plan: Plan) -> bool:
    """Whether the sentinels know the servers from an earlier time; then they mend what is wrong among these."""
    return all("known-replica" in _sentinel_file(plan, n).read_text("utf-8") for n in range(1, OF_A_GROUP + 1))


def is_whole(plan: Plan) -> bool:
    """Whether one of the servers has all others at its side. Blocks for a moment."""
    from cluster.operator import connect

    for number in range(1, OF_A_GROUP + 1):
        try:
            with connect.connect(f"redis://{HOST}:{plan.group_port(number)}/0", timeout=0.5) as client:
                told: Any = client.info("replication")
        except Failed:
            continue  # it reads its data first
        if told.get("connected_slaves") == OF_A_GROUP - 1:
            return True
    return False


def _server_file(plan: Plan, number: int) -> Path:
    return plan.data / f"redis{number}" / "redis.conf"


def _sentinel_file(plan: Plan, number: int) -> Path:
    return plan.data / f"sentinel{number}" / "sentinel.conf"


def _sentinel_lines(plan: Plan, number: int, master: int) -> str:
    return (
        f"port {plan.sentinel_port(number)}\nbind {HOST}\n"
        f"sentinel monitor {GROUP} {HOST} {master} {QUORUM}\n"
        f"sentinel down-after-milliseconds {GROUP} {DOWN_AFTER}\n"
        f"sentinel failover-timeout {GROUP} {FAILOVER_WITHIN}\n"
        f"sentinel parallel-syncs {GROUP} 1\n"
    )


def _write_once(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=MODE, parents=True, exist_ok=True)
        held = file.read_text("utf-8") if file.exists() else text
        # What they wrote themselves names the folder; it may have been moved since, and is given as a flag.
        _replace(file, re.sub(r"^dir .*\n", "", held, flags=re.MULTILINE))
        was, wanted = _port(held), _port(text)
    except OSError as error:
        raise BadSetting(f"{file} can't be used: {error.strerror} (--data)") from error
    if was != wanted:
        raise BadSetting(
            f"the Sentinel group in {file.parents[1]} was made for other ports ({was}, not {wanted}): start it with "
            "the --port of that time, or begin afresh in another folder (--data)"
        )


def _replace(file: Path, text: str) -> None:
    """Whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text, "utf-8")
    beside.replace(file)


def _port(text: str) -> str:
    found = re.search(r"^port (\d+)$", text, re.MULTILINE)
    return found[1] if found else "none"
