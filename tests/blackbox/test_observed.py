"""A real Prometheus with the shipped rules, and the shipped dashboard's queries, against real nodes."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.observed import panel_queries, watched
from tests.support.programs import required
from tests.support.waiting import wait_until

Deploy = Callable[..., Deployment]


def test_each_panel_shows_something_and_a_killed_node_is_told(deploy: Deploy) -> None:
    required("prometheus")
    cluster = deploy(nodes=3)
    with cluster.client() as admin:
        admin.config_set("maxmemory", "1gb")
    prometheus = watched(cluster)
    n1, n2, _ = cluster.nodes
    with NativeClient(n1.address, "ana") as ana, NativeClient(n2.address, "ben") as ben:
        ana.enter()
        ben.enter()
        empty: set[str] = set()

        def all_show() -> bool:
            for speaker in (ana, ben):
                speaker.say("hello")
                speaker.expect_text("hello")
            empty.clear()
            empty.update(query for _, query in panel_queries() if not prometheus.figures(query))
            return not empty

        wait_until(all_show, 60, f"each panel has data; without: {empty}")
        wait_until(lambda: prometheus.query("sum(hydrachat_sessions) == 2"), 30, "two sessions")
        wait_until(lambda: prometheus.firing() == set(), 30, "all is well")

        n2.kill()
        prometheus.wait_firing("NodeLost", "n2")
        assert {alert for alert, _ in prometheus.firing()} == {"HydrachatNodeLost"}
        n2.start()
        prometheus.wait_over("NodeLost", "n2")
