"""The dashboard and the alert rules use what nodes show, and Grafana finds what they are made of."""

from __future__ import annotations

import re
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.observed import DOCKER, RULES, alerts, dashboard, panel_queries
from tests.support.programs import required
from tests.unit.node.test_metrics_document import page

NEEDED = ("NodeLost", "NodeDeaf", "Lag", "SlowClients", "RedisMemory")
ROOT = DOCKER.parent


@pytest.fixture(scope="module")
def samples() -> dict[str, set[str]]:
    """Sample -> its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_each_name_in_them_is_one_that_nodes_show(samples: dict[str, set[str]]) -> None:
    queries = [*panel_queries(), *alerts().items()]
    assert len(queries) > 50
    for where, query in queries:
        used = set(re.findall(r"\b(?:hydrachat|process)_\w+", re.sub(r'"[^"]*"', "", query)))
        assert used or "up{" in query, where
        assert used <= set(samples), f"{where}: {used - set(samples)}"


def test_each_label_in_them_is_one_that_nodes_or_prometheus_give(samples: dict[str, set[str]]) -> None:
    given = {"instance", "job"}
    for where, query in [*panel_queries(), *alerts().items()]:
        for name, matchers in re.findall(r"\b((?:hydrachat|process)_\w+)\{([^}]*)\}", query):
            labels = set(re.findall(r"(\w+)=", matchers))
            assert labels <= given | samples[name], f"{where}: {name}{matchers}"


def test_states_that_they_ask_for_exist() -> None:
    shown = set(re.findall(r'hydrachat_node_state\{state="(\w+)"\}', page()))
    for where, query in [*panel_queries(), *alerts().items()]:
        asked = set(re.findall(r'state="(\w+)"', query))
        assert asked <= shown, where


def test_there_is_an_alert_for_what_operators_asked_for() -> None:
    assert {f"Hydrachat{name}" for name in NEEDED} <= set(alerts())


def test_the_table_of_alerts_is_that_of_the_rules() -> None:
    rules = re.findall(r"alert: (\w+)\n(?:.*\n)*?.*severity: (\w+)", RULES.read_text("utf-8"))
    document = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert re.findall(r"^\| `(Hydrachat\w+)` \| (\w+) \| \S", document, re.MULTILINE) == rules


def test_the_dashboard_is_whole() -> None:
    board = dashboard()
    panels = board["panels"]
    assert board["uid"] == "hydrachat"
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        if panel["type"] == "row":
            continue
        assert panel["title"]
        assert panel["description"] or panel["type"] == "table"
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        where = panel["gridPos"]
        assert 0 <= where["x"] < where["x"] + where["w"] <= 24, panel["title"]
    taken = [(p["gridPos"]["x"] + dx, p["gridPos"]["y"] + dy) for p in panels
             for dx in range(p["gridPos"]["w"]) for dy in range(p["gridPos"]["h"])]  # fmt: skip
    assert len(taken) == len(set(taken)), "panels lie upon each other"
    assert {each["name"] for each in board["templating"]["list"]} == {"datasource", "instance"}


def test_compose_mounts_what_there_is() -> None:
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    for path in re.findall(r'["\s](\./docker/[\w./-]+):', compose):
        assert (ROOT / path).exists(), path
    for image in re.findall(r"image: (\S+)", compose):
        assert re.search(r":(\S*\d|local)", image), f"{image} is not pinned"
    provider = (DOCKER / "grafana" / "provisioning" / "dashboards" / "hydrachat.yml").read_text("utf-8")
    assert "path: /etc/grafana/dashboards\n" in provider
    assert "./docker/grafana/dashboards:/etc/grafana/dashboards:ro" in compose
    nodes = (DOCKER / "prometheus" / "nodes.yml").read_text("utf-8")
    assert re.findall(r'"(n\d:\d+)"', nodes) == re.findall(r'--http, "(n\d:\d+)"', compose)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "config", str(DOCKER / "prometheus" / "prometheus.yml")),
        ("check", "rules", str(RULES)),
        ("test", "rules", str(RULES.with_suffix(".test.yml"))),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_promtool_agrees(words: tuple[str, ...]) -> None:
    done = subprocess.run([required("promtool"), *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tried() -> None:
    text = RULES.with_suffix(".test.yml").read_text("utf-8")
    for alert in alerts():
        assert re.search(rf"alertname: {alert}\n +exp_alerts:\n +- exp_labels", text), f"{alert} fires in no test"


def test_each_alert_is_brought_about_at_real_nodes() -> None:
    folder = ROOT / "tests" / "blackbox"
    text = "".join((folder / name).read_text("utf-8") for name in ("test_alerts.py", "test_observed.py"))
    for alert in alerts():
        assert f'wait_firing("{alert.removeprefix("Hydrachat")}"' in text, alert
