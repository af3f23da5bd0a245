"""A node is drained, or all are restarted, under traffic: everybody moves once, nobody leaves, nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from client.chat import ChatClient
from client.events import Disconnected, Event, LeftEvent, MessageEvent, Moved
from drill.history import Kind
from tests.support import up_process
from tests.support.deployment import Deployment
from tests.support.native import NativeClient
from tests.support.plainclient import PlainClient
from tests.support.ports import free_base, free_port
from tests.support.processes import environment
from tests.support.talker import Crowd
from tests.support.waiting import wait_until
from wire.codes import Code
from wire.frames import Reconnect, Welcome

Deploy = Callable[..., Deployment]
PATIENCE = 60.0


def run(*words: str, env: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """`hydrachat WORDS`: its exit code and what it said."""
    argv = [sys.executable, "-P", "-m", "hydrachat", *words]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, env=env or environment()
    )
    return done.returncode, done.stdout.splitlines()


def drain(cluster: Deployment, node: str, *flags: str) -> tuple[int, list[str]]:
    return run("drain", node, "--redis", cluster.redis.url, *flags)


def test_drain_of_one_of_three_moves_each_client_once_and_evenly(deploy: Deploy) -> None:
    # A lease that lasts: of one of a second clients wait for two seconds only before they take their node for dead.
    cluster = deploy(nodes=3, lease=6.0, grace=20.0)
    first = cluster.nodes[0]
    cluster.wait_known()
    # All at n1: so that the even spread is the plan's work.
    with Crowd(cluster, 12, servers=[first.address]) as crowd, PlainClient(first.address, "netcat") as person:
        crowd.wait_talk(2)
        code, lines = drain(cluster, "n1", "--over", "2s")
        assert (code, lines[0], lines[-1]) == (0, "n1 is draining, 13 clients to move", "n1 has stopped")
        assert first.wait() == 0
        crowd.wait_talk(3)
        crowd.finish(others=("netcat",))

        person.expect_end()
        assert any("this node is leaving; please connect again" in line for line in person.lines)
        assert crowd.planned_moves() == {"n2": 6, "n3": 6}
        assert crowd.history.count(Kind.RENEWED) == crowd.history.count(Kind.GAP) == 0


def test_clients_that_can_not_reach_the_nodes_move_by_the_balancer(deploy: Deploy, haproxy: str) -> None:
    """As where the nodes' addresses are known only behind it."""
    cluster = deploy(start=False, nodes=2, grace=8.0)
    nowhere = free_port()
    cluster.nodes = [cluster.make_node(name, flags=["--advertise", f"127.0.0.1:{nowhere}"]) for name in ("n1", "n2")]
    cluster.start()
    front = cluster.start_balancer(haproxy)
    watchers = [Watcher(f"w{number}", [front.address]) for number in range(6)]
    with ExitStack() as stack:
        for watcher in watchers:
            stack.enter_context(watcher.chat)
        assert {watcher.chat.node for watcher in watchers} == {"n1", "n2"}
        assert drain(cluster, "n1", "--over", "3s")[0] == 0
        wait_until(lambda: {watcher.chat.node for watcher in watchers} == {"n2"}, what="all have moved")
        for watcher in watchers:
            assert watcher.chat.say("here").wait_accepted(10)
            assert not [event for event in watcher.events if isinstance(event, Disconnected)]


def test_a_drain_without_another_node_that_is_ready_is_refused_unless_forced(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=6.0)
    one, two = cluster.nodes
    with NativeClient(one.address, "ana") as ana:
        ana.enter()
        two.freeze()  # its heartbeat is young still: only asking it tells
        code, lines = drain(cluster, "n1")
        assert (code, len(lines)) == (1, 1)
        assert "n1 refused: no other node is ready" in lines[0]
        assert one.ready_code() == 200
        assert drain(cluster, "n1", "--force")[0] == 0
        assert ana.expect_error(Code.DRAINING)
        assert one.wait() == 0
        assert not [frame for frame in ana.frames if isinstance(frame, Reconnect)]


def test_what_can_not_be_drained_is_one_clear_line(deploy: Deploy) -> None:
    cluster = deploy(nodes=1, lease=30.0)
    code, lines = drain(cluster, "n9")
    assert (code, lines) == (1, ["Error: no node n9 is up; up are: n1"])
    code, lines = drain(cluster, "n1", "--over", "soon")
    assert code == 2
    assert "write a time from 0 to 3600 s, as in 20s or 2m" in lines[-1]
    (node,) = cluster.nodes
    node.freeze()
    code, lines = drain(cluster, "n1", "--force")
    assert code == 1
    assert "n1 did not answer within 10 s" in lines[-1]
    assert "it carries the order out when it goes on" in lines[-1]
    node.thaw()
    assert node.wait(PATIENCE) == 0


def test_sigterm_cuts_a_slow_drain_short_resumably(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, grace=20.0)
    one, two = cluster.nodes
    with NativeClient(one.address, "ana") as ana, NativeClient(one.address, "ben") as ben:
        welcomes = {client: client.enter() for client in (ana, ben)}
        slow = threading.Thread(target=drain, args=(cluster, "n1", "--over", "30m"))
        slow.start()
        waits = {client: client.expect(Reconnect).after for client in (ana, ben)}
        late = max(waits, key=lambda client: waits[client])
        assert waits[late] == 15 * 60 * 1000
        one.signal(signal.SIGTERM)
        assert one.wait(PATIENCE) == 0
        slow.join(PATIENCE)
        assert not slow.is_alive()
        late.expect_error(Code.DRAINING)
        with NativeClient(two.address, "back") as back:
            back.resume(welcomes[late], dict(welcomes[late].logs))
            assert back.expect(Welcome).resumed


class Watcher:
    """A client that notes all events, and says a numbered line whenever it is told to."""

    def __init__(self, nick: str, servers: Sequence[str]) -> None:
        self.events: list[Event] = []
        self.chat = ChatClient(servers, nick, on_event=self.events.append)

    def texts(self) -> list[str]:
        return [event.text for event in list(self.events) if isinstance(event, MessageEvent) and not event.history]


def test_restart_all_under_traffic_keeps_everything(tmp_path: Path, redis_server: str) -> None:
    base, said = free_base(), [0]
    servers = [f"127.0.0.1:{base + number}" for number in (1, 2, 3)]
    flags = ("--no-balancer", "--lease", "1", "--grace", "10")
    env = {**environment(), "XDG_STATE_HOME": str(tmp_path / "state")}
    with up_process.running(base, tmp_path / "data", *flags) as up:
        up.wait_line("Stop: +Ctrl-C")
        watchers = [Watcher(f"w{number}", servers) for number in range(6)]
        for watcher in watchers:
            watcher.chat.start(15.0)
        stop = threading.Event()

        def talk() -> None:
            while not stop.wait(0.02):
                said[0] += 1
                watchers[said[0] % len(watchers)].chat.say(f"line {said[0]}", timeout=30.0)

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            # A node that was drained before stays down, and is fetched back first.
            assert run("drain", "n2", "--port", str(base), env=env)[0] == 0
            at = up.wait_line("n2 has left and stays down until `hydrachat restart-all`")
            code, lines = run("restart-all", "--port", str(base), "--over", "1s", env=env)
        finally:
            stop.set()
            talker.join(30)
        assert code == 0, lines
        assert lines[-1] == "all 3 nodes were restarted"
        assert [line for line in lines if line.endswith("is ready again")] == [
            f"n{n} is ready again" for n in (1, 2, 3)
        ]
        assert not any("is lost" in line or "stays down" in line for line in up.lines[at:])
        everything = [f"line {number + 1}" for number in range(said[0])]
        wait_until(lambda: all(len(w.texts()) >= len(everything) for w in watchers), 30, "all is heard")
        for watcher in watchers:
            assert sorted(watcher.texts()) == sorted(everything)
            assert watcher.texts() == watchers[0].texts()
            assert not [event for event in watcher.events if isinstance(event, LeftEvent)]
            assert [event for event in watcher.events if isinstance(event, Moved)]
        for watcher in watchers:
            watcher.chat.close()
        assert up.end() == 0


def test_restart_all_without_an_up_is_one_clear_line(tmp_path: Path) -> None:
    env = {**environment(), "XDG_STATE_HOME": str(tmp_path)}
    code, lines = run("restart-all", "--port", str(free_base()), env=env)
    assert (code, len(lines)) == (1, 1)
    assert "no `hydrachat up` with base port" in lines[0]
