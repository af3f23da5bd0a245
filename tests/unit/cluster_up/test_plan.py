"""What is going to be started: ports, command lines, configuration."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cluster.operator.errors import BadSetting
from cluster.up import balancer, ports, screen
from cluster.up.backoff import Backoff
from cluster.up.command import TUNING, flags, up
from cluster.up.plan import Plan, balancer_spec, node_spec, redis_spec
from node.settings import LIMITS
from tests.support.ports import free_base

ROOT = Path(__file__).resolve().parents[3]


def plan(base: int = 7700, nodes: int = 3, redis: str | None = None, haproxy: str | None = "/h") -> Plan:
    return Plan(base, nodes, Path("/data"), redis, "/redis-server", haproxy, ("--lease", "5"))


def test_the_ports_are_those_of_the_contract() -> None:
    assert [port for port, _ in plan().ports()] == [7700, 7701, 7801, 7901, 7702, 7802, 7902, 7703, 7803, 7903, 7799]


def test_without_balancer_and_redis_their_ports_are_not_used() -> None:
    used = [port for port, _ in plan(redis="redis://h/0", haproxy=None).ports()]
    assert used == [7701, 7801, 7702, 7802, 7703, 7803]


def test_without_a_balancer_the_first_node_is_the_entrance() -> None:
    assert plan(haproxy=None).entrance() == "127.0.0.1:7701"
    assert plan().entrance() == "127.0.0.1:7700"


def test_with_tls_the_hints_say_how_to_come_in() -> None:
    joined, remark, by_hand = screen.hints(replace(plan(), tls=True))[:3]
    assert joined.endswith("join alice --tls")
    assert "--tls-name" in remark
    assert by_hand.split() == ["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:7700"]


def test_a_certificate_without_its_key_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").touch()
    result = CliRunner().invoke(up, ["--tls-cert", str(tmp_path / "cert.pem")])
    assert result.exit_code == 2
    assert "give both for TLS, or none" in result.output


def test_no_port_has_two_uses_with_the_most_nodes() -> None:
    used = [port for port, _ in plan(nodes=98).ports()]
    assert len(used) == len(set(used))


def test_a_node_gets_explicit_flags() -> None:
    assert " ".join(node_spec(plan(), 2).argv[1:]) == (
        "-P -m node --id n2 --listen 127.0.0.1:7702 --http 127.0.0.1:7802 "
        "--redis redis://127.0.0.1:7799/0 --log-format json "
        "--listen-proxy 127.0.0.1:7902 --proxy-from 127.0.0.1 --lease 5"
    )
    assert node_spec(plan(), 2).argv[0] == sys.executable
    assert "proxy" not in " ".join(node_spec(plan(haproxy=None), 2).argv)


def test_a_password_reaches_a_node_where_ps_does_not_show_it() -> None:
    url = "redis://:hush@far/0"
    for each in (plan(redis=url), replace(plan(), password="hush")):
        spec = node_spec(each, 1)
        assert "hush" not in " ".join(spec.argv) + repr(spec) + repr(each)
        assert dict(spec.environment) == {"HYDRACHAT_REDIS": each.redis_url}
        assert "hush" in each.redis_url


def test_what_was_given_is_handed_to_the_nodes() -> None:
    assert flags({"lease": None, "history": 5, "log_level": "debug"}) == ("--history", "5", "--log-level", "debug")


def test_what_is_handed_to_the_nodes_has_their_limits() -> None:
    assert {name: (least, most) for name, (_, least, most) in TUNING.items()} == {name: LIMITS[name] for name in TUNING}


def test_redis_has_every_write_on_disk() -> None:
    line = " ".join(redis_spec(plan()).argv)
    assert "--appendonly yes --appendfsync always" in line
    assert "--bind 127.0.0.1" in line


def test_nodes_stop_first_and_redis_last() -> None:
    groups = [spec.stop_group for spec in (node_spec(plan(), 1), balancer_spec(plan(), Path("c")), redis_spec(plan()))]
    assert groups == sorted(groups)
    assert len(set(groups)) == 3


def test_a_port_in_use_is_named_with_its_setting() -> None:
    base = free_base()
    said = rf"port {base + 2}, for node n2, is in use.*--port"
    with socket.create_server(("127.0.0.1", base + 2)), pytest.raises(BadSetting, match=said) as caught:
        ports.check(plan(base))
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.message


def test_free_ports_pass() -> None:
    ports.check(plan(free_base()))


def test_the_balancer_knows_each_node_and_its_health_page() -> None:
    config = balancer.for_up(plan(8000, nodes=2))
    assert "bind 127.0.0.1:8000" in config
    assert "server n1 127.0.0.1:8201 check port 8101 send-proxy-v2\n" in config
    assert "server n2 127.0.0.1:8202 check port 8102 send-proxy-v2\n" in config
    assert "server n3" not in config
    assert "$" not in config


@pytest.mark.parametrize("config", [balancer.for_up(plan()), balancer.for_compose()])
def test_degraded_nodes_keep_their_clients_and_dead_ones_lose_them(config: str) -> None:
    assert "http-check disable-on-404" in config
    assert "on-marked-down shutdown-sessions" in config


def test_the_file_for_compose_is_the_template_rendered() -> None:
    assert (ROOT / "docker" / "haproxy.cfg").read_text("utf-8") == balancer.for_compose()


def test_backoff_doubles_to_ten_seconds() -> None:
    backoff = Backoff()
    assert [backoff.died(1.0) for _ in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_backoff_begins_anew_after_a_healthy_life() -> None:
    backoff = Backoff()
    assert [backoff.died(0.0), backoff.died(0.0), backoff.died(30.0), backoff.died(0.0)] == [0.5, 1.0, 0.5, 1.0]
