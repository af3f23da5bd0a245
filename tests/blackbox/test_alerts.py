"""Each alert that is shipped, brought about: what really happens at nodes makes a real Prometheus tell of it.

`test_observed.py` has the dashboard, and the alert of a lost node."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drill.network.rule import Rule
from tests.support.authority import Authority
from tests.support.deployment import UNLIMITED, Deployment
from tests.support.detour import Detour, Switch
from tests.support.native import NativeClient
from tests.support.observed import Prometheus, watched
from tests.support.programs import required
from tests.support.servers import Node
from tests.support.tcp import Wire
from tests.support.waiting import wait_until
from wire.frames import Accepted, Gap, Welcome

Deploy = Callable[..., Deployment]


def test_nodes_that_end_and_a_certificate_that_will(deploy: Deploy, tmp_path: Path) -> None:
    required("prometheus")
    cluster = deploy(nodes=2, start=False)
    soon = Authority(tmp_path / "authority").issue("localhost", until=datetime.now(UTC) + timedelta(days=3))
    cluster.nodes[1] = cluster.make_node("n2", flags=soon.flags)
    cluster.start()
    n1, n2 = cluster.nodes
    prometheus = watched(cluster)
    prometheus.wait_firing("CertificateEnds", "n2")
    for _ in range(3):
        _start_again(n1, prometheus)
    prometheus.wait_firing("NodeRestarts", "n1")
    assert {alert for alert, _ in prometheus.firing()} == {"HydrachatCertificateEnds", "HydrachatNodeRestarts"}
    n1.kill()
    prometheus.wait_firing("ClusterLost")
    n2.kill()
    prometheus.wait_firing("NodeLost", "n2")
    prometheus.wait_firing("ClusterLost")
    cluster.start_nodes()
    prometheus.wait_over("ClusterLost")
    assert ("HydrachatCertificateEnds", "n1") not in prometheus.firing()


def _start_again(node: Node, prometheus: Prometheus) -> None:
    """Kills and starts it; returns when that is seen."""
    began = f'process_start_time_seconds{{instance="{node.name}"}}'
    before = prometheus.figures(began)
    node.kill()
    node.start()
    wait_until(lambda: prometheus.figures(began) not in ([], before), 30, "the new one is seen")


def test_a_way_to_redis_that_is_long_and_then_ends(deploy: Deploy) -> None:
    required("prometheus")
    cluster = deploy(nodes=2, lease=15.0, start=False)
    with Detour(cluster.redis.port) as detour, ExitStack() as stack:
        cluster.nodes[0] = far = cluster.make_node("n1", detour.url)
        cluster.start()
        speaker = stack.enter_context(NativeClient(far.address, "speaker"))
        speaker.enter()
        Switch(detour, Rule(delay=1.2)).set()
        prometheus = watched(cluster)
        with saying(speaker):
            prometheus.wait_firing("Lag", "n1")
        prometheus.wait_firing("HeartbeatLate", "n1")
        # More than have a turn at a time, each of which lasts longer than the next ones wait.
        crowd = [stack.enter_context(NativeClient(far.address, f"p{number}")) for number in range(48)]
        for client in crowd:
            client.send_hello()
        prometheus.wait_firing("HellosTurnedAway", "n1")
        assert {instance for _, instance in prometheus.firing()} == {"n1"}
        detour.cut.set()
        prometheus.wait_firing("NodeDegraded", "n1")
        far.discard()


@contextmanager
def saying(client: NativeClient, size: int = 10, window: int = 4) -> Iterator[list[int]]:
    """While the block runs `client` says one message after the other, `window` at a time. Yields their numbers."""
    over, said = threading.Event(), list[int]()

    def talk() -> None:
        while not over.is_set():
            said.extend(client.say("x" * size) for _ in range(window))
            for _ in range(window):
                client.expect(Accepted, within=60)
            client.frames.clear()

    talker = threading.Thread(target=talk, name="talker")
    talker.start()
    try:
        yield said
    finally:
        over.set()
        talker.join(60)


def test_a_deaf_node_falls_behind(deploy: Deploy) -> None:
    required("prometheus")
    # Between two heartbeats, each of which lets it read on, so much is said also on a slow machine.
    cluster = deploy(nodes=2, lease=20.0, start=False, flags=UNLIMITED)
    with Detour(cluster.redis.port) as detour:
        cluster.nodes[0] = deaf = cluster.make_node("n1", detour.url)
        cluster.start()
        with NativeClient(deaf.address, "hearer") as hearer, ExitStack() as stack:
            ben, dan = (stack.enter_context(NativeClient(cluster.addresses[1], nick)) for nick in ("ben", "dan"))
            for one in (hearer, ben, dan):
                one.enter()
            detour.deaf.set()
            deaf.wait_event("deaf", within=60)
            with saying(ben, window=60), saying(dan, window=60):
                wait_until(lambda: deaf.metric("hydrachat_log_lag_entries") > 500, 60, "it is behind")
                prometheus = watched(cluster)
                prometheus.wait_firing("LogLag", "n1")
            prometheus.wait_firing("NodeDeaf", "n1")
            assert {instance for _, instance in prometheus.firing()} == {"n1"}
            detour.deaf.clear()
            prometheus.wait_over("NodeDeaf", "n1")
        deaf.discard()


def test_clients_that_do_not_read_and_a_node_that_is_full(deploy: Deploy) -> None:
    required("prometheus")
    slow = 12
    cluster = deploy(nodes=2, lease=2.0, grace=20.0, flags=[*UNLIMITED, "--max-connections", f"{slow + 1}"])
    n1, n2 = cluster.nodes
    prometheus = watched(cluster)
    with ExitStack() as stack:
        for number in range(slow):
            stack.enter_context(NativeClient(n1.address, f"slow{number}", receive_buffer=4096)).enter()
        speaker = stack.enter_context(NativeClient(n2.address, "speaker"))
        speaker.enter()
        while n1.metric("hydrachat_slow_clients") < slow:
            _say(speaker, 8)
        prometheus.wait_firing("SlowClients", "n1")
        assert ("HydrachatSlowClients", "n2") not in prometheus.firing()
        _greeted(stack, n1)
        _greeted(stack, n1)  # by a refusal
        prometheus.wait_firing("NodeFull", "n1")
        while n1.metric("hydrachat_overflows_total") < slow:
            _say(speaker, 8)
        prometheus.wait_firing("ClientsCut", "n1")
        assert {instance for _, instance in prometheus.firing()} == {"n1"}


def _greeted(stack: ExitStack, node: Node) -> None:
    """Connects, and returns when the node has said something."""
    wire = Wire(node.address)
    stack.callback(wire.close)
    wait_until(lambda: wire.read(time.monotonic() + 1), 10, "a first line")


def _say(speaker: NativeClient, count: int, size: int = 16_000) -> None:
    for _ in range(count):
        speaker.say("x" * size)
    for _ in range(count):
        speaker.expect(Accepted)
    speaker.frames.clear()


def test_a_redis_that_fills_and_what_it_keeps_no_longer(deploy: Deploy) -> None:
    required("prometheus")
    cluster = deploy(nodes=2, grace=60.0, flags=[*UNLIMITED, "--retain", "100"])
    n1, n2 = cluster.nodes
    prometheus = watched(cluster)
    with NativeClient(n1.address, "ana") as ana, NativeClient(n1.address, "ben") as ben:
        welcome = ana.enter()
        ben.enter()
        ana.crash()
        for _ in range(50):
            _say(ben, 8, size=10)
        # n1 remembers what the log no longer holds, n2 has heard nothing of the room.
        with NativeClient(n2.address, "ana") as back:
            back.resume(welcome, dict(welcome.logs))
            back.expect(Welcome)
            back.expect(Gap)
            prometheus.wait_firing("GapsTold", "n2")
    _fill(cluster, 0.88)
    prometheus.wait_firing("RedisMemory")
    assert "HydrachatRedisMemoryOut" not in {alert for alert, _ in prometheus.firing()}
    _fill(cluster, 0.97)
    prometheus.wait_firing("RedisMemoryOut")
    with cluster.client() as admin:
        admin.config_set("maxmemory", 0)
    prometheus.wait_over("RedisMemory")


def _fill(cluster: Deployment, share: float) -> None:
    """Redis may hold so much that it holds `share` of that."""
    with cluster.client() as admin:
        admin.config_set("maxmemory", int(admin.info("memory")["used_memory"] / share))
