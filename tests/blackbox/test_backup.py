"""A backup, and its way back, as docs/operations.md says."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import redis

from tests.support import append_only
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.servers import RedisServer
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]


def test_a_backup_is_not_noticed_and_comes_back_into_an_append_only_redis(deploy: Deploy) -> None:
    cluster = deploy(nodes=2)
    server = cluster.redis
    with NativeClient(cluster.addresses[0], "alice") as alice, server.client() as client:
        alice.enter()
        client.set("mark", "before")
        client.bgsave()
        wait_until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"], what="it is saved")
        backup = server.folder / "backup.rdb"
        shutil.copy(server.data / "dump.rdb", backup)
        client.set("mark", "after")
        alice.say("still here")
        alice.expect_text("still here")
        assert not any(node.events("recovered") for node in cluster.nodes)

    server.kill()
    append_only.take(server.data)
    shutil.copy(backup, server.data / "dump.rdb")
    _read_in(server)
    server.start()
    with server.client() as client:
        assert client.get("mark") == "before"
    for node in cluster.nodes:
        node.wait_event("recovered")
        node.wait_ready()


def _read_in(server: RedisServer) -> None:
    """By a start without an append-only file, which then is written anew."""
    without = RedisServer(server.argv[0], server.folder)
    without.add_flags(["--appendonly", "no"])
    try:
        without.start()
        with without.client() as client:
            client.config_set("appendonly", "yes")
            wait_until(lambda: _is_written(client), what="the new folder is written")
    finally:
        without.discard()


def _is_written(client: redis.Redis) -> bool:
    found = client.info("persistence")
    return not (found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"])
