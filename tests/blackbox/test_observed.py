"""A real Prometheus with the shipped rules, and the shipped dashboard's queries, against real nodes."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.deployment import Deployment
from tests.support.detour import Detour
from tests.support.native import NativeClient
from tests.support.observed import Prometheus, panel_queries
from tests.support.programs import required
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]
# They have no figure in a cluster in which all is well.
EMPTY = {"Redis memory"}


def observed(cluster: Deployment) -> Prometheus:
    prometheus = Prometheus(required("prometheus"), cluster.nodes, cluster.folder / "prometheus")
    cluster.others.append(prometheus)
    prometheus.start()
    wait_until(lambda: len(prometheus.query("up == 1")) == len(cluster.nodes), 30, "all nodes are seen")
    return prometheus


def test_each_panel_shows_something_and_a_killed_node_is_told(deploy: Deploy) -> None:
    required("prometheus")
    cluster = deploy(nodes=3)
    prometheus = observed(cluster)
    n1, n2, _ = cluster.nodes
    with NativeClient(n1.address, "ana") as ana, NativeClient(n2.address, "ben") as ben:
        ana.enter()
        ben.enter()
        empty: set[str] = set()

        def all_show() -> bool:
            ana.say("hello")
            ana.expect_text("hello")
            empty.clear()
            empty.update(title for title, query in panel_queries() if not prometheus.query(query))
            return empty <= EMPTY

        wait_until(all_show, 60, "each panel has data")
        wait_until(lambda: prometheus.query("sum(hydrachat_sessions) == 2"), 30, "two sessions")
        assert not {alert for alert, _ in prometheus.firing()} & {"HydrachatNodeLost", "HydrachatNodeDeaf"}

        n2.kill()
        wait_until(lambda: ("HydrachatNodeLost", "n2") in prometheus.firing(), 60, "the alert fires")
        assert ("HydrachatNodeLost", "n1") not in prometheus.firing()
        assert "HydrachatClusterLost" not in {alert for alert, _ in prometheus.firing()}
        n2.start()
        wait_until(lambda: ("HydrachatNodeLost", "n2") not in prometheus.firing(), 60, "it is over")


def test_a_deaf_node_and_a_full_redis_are_told(deploy: Deploy) -> None:
    required("prometheus")
    cluster = deploy(nodes=2, start=False)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = deaf = cluster.make_node("n1", detour.url)
        cluster.start()
        prometheus = observed(cluster)
        detour.deaf.set()
        deaf.wait_event("deaf")
        wait_until(lambda: ("HydrachatNodeDeaf", "n1") in prometheus.firing(), 60, "deaf")
        assert ("HydrachatNodeDeaf", "n2") not in prometheus.firing()
        detour.deaf.clear()
        wait_until(lambda: ("HydrachatNodeDeaf", "n1") not in prometheus.firing(), 60, "it hears again")
        with cluster.client() as admin:
            used = int(admin.info("memory")["used_memory"])
            admin.config_set("maxmemory", int(used / 0.88))
        wait_until(lambda: ("HydrachatRedisMemory", "") in prometheus.firing(), 90, "the memory")
        deaf.discard()
