"""The dashboard and the alert rules that are shipped, and a Prometheus that uses them."""

from __future__ import annotations

import json
import math
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from drill.processes.node import http_code
from tests.support.deployment import Deployment
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.programs import required
from tests.support.servers import Node
from tests.support.waiting import wait_until

DOCKER = Path(__file__).resolve().parents[2] / "docker"
DASHBOARD = DOCKER / "grafana" / "dashboards" / "hydrachat.json"
RULES = DOCKER / "prometheus" / "hydrachat.rules.yml"
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "10s", "$instance": ".*"}


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return found


def panel_queries() -> Iterator[tuple[str, str]]:
    """(panel, query) of all that show something, as Grafana would ask."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            yield panel["title"], query


def alerts() -> dict[str, str]:
    """Alert -> its query."""
    found = re.findall(r"^ +- alert: (\w+)\n +expr: (.+)$", RULES.read_text("utf-8"), re.MULTILINE)
    return dict(found)


class Prometheus(Process):
    """With the shipped configuration, but for the nodes and, that a test need not wait, for the times between looks and
    for how long it must have been so until an alert fires."""

    def __init__(self, program: str, nodes: Sequence[Node], folder: Path) -> None:
        self._nodes = nodes
        self.address = f"127.0.0.1:{free_port()}"
        words = [
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address={self.address}",
        ]
        super().__init__("prometheus", words, folder)

    def start(self) -> None:
        """Returns when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        at_once = re.sub(r"for: \d+\w", "for: 1s", RULES.read_text("utf-8"))
        (self.folder / RULES.name).write_text(at_once, "utf-8")
        shipped = (DOCKER / "prometheus" / "prometheus.yml").read_text("utf-8")
        quick = re.sub(r"(scrape_interval|evaluation_interval|scrape_timeout): \ds", r"\1: 1s", shipped)
        (self.folder / "prometheus.yml").write_text(quick, "utf-8")
        rows = [f'- targets: ["{node.http_address}"]\n  labels: {{instance: {node.name}}}\n' for node in self._nodes]
        (self.folder / "nodes.yml").write_text("".join(rows), "utf-8")
        super().start()
        wait_until(lambda: http_code(f"http://{self.address}/-/ready") == 200, 30, "Prometheus is ready")

    def query(self, query: str) -> list[dict[str, Any]]:
        """Raises HTTPError where Prometheus does not understand it."""
        return list(self._ask("query", query=query)["result"])

    def figures(self, query: str) -> list[float]:
        """The values of what it finds, but for those that are none: a quantile of nothing. Raises as `query`."""
        found = [float(each["value"][1]) for each in self.query(query)]
        return [value for value in found if not math.isnan(value)]

    def wait_firing(self, alert: str, instance: str = "", within: float = 60.0) -> None:
        """Until `Hydrachat<alert>` fires, of that node."""
        wait_until(lambda: (f"Hydrachat{alert}", instance) in self.firing(), within, f"{alert} {instance} fires")

    def wait_over(self, alert: str, instance: str = "", within: float = 60.0) -> None:
        """Until it does not."""
        wait_until(lambda: (f"Hydrachat{alert}", instance) not in self.firing(), within, f"{alert} {instance} ends")

    def firing(self) -> set[tuple[str, str]]:
        """(alert, instance or '') of all that fire."""
        found = self._ask("alerts")["alerts"]
        return {
            (each["labels"]["alertname"], each["labels"].get("instance", ""))
            for each in found
            if each["state"] == "firing"
        }

    def _ask(self, what: str, **arguments: str) -> dict[str, Any]:
        url = f"http://{self.address}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            told: dict[str, Any] = json.load(answer)
        assert told["status"] == "success"
        data: dict[str, Any] = told["data"]
        return data


def watched(cluster: Deployment) -> Prometheus:
    """A Prometheus that has seen all nodes of the cluster, and ends with it."""
    prometheus = Prometheus(required("prometheus"), cluster.nodes, cluster.folder / "prometheus")
    cluster.others.append(prometheus)
    prometheus.start()
    wait_until(lambda: len(prometheus.query("up == 1")) == len(cluster.nodes), 30, "all nodes are seen")
    return prometheus
