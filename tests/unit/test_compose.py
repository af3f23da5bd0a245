"""What docker-compose.yml and the Dockerfile promise: nothing runs as root, nothing writes where it need not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from node.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
TOO_MUCH = {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
FINAL = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    return found


NAMES = sorted(services())


@pytest.mark.parametrize("name", NAMES)
def test_a_service_may_no_more_than_it_needs(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not TOO_MUCH & set(service)
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_no_root(name: str) -> None:
    service = services()[name]
    # Ours is told by the image, so that `docker run` has it, too.
    assert "build" in service or service["user"] not in ("root", "0")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_can_not_take_the_whole_machine(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_a_service_logs_does_not_fill_the_disk(name: str) -> None:
    options = services()[name]["logging"]["options"]
    assert re.fullmatch(r"\d+m", options["max-size"])
    assert int(options["max-file"]) > 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_goes_to_a_volume_or_a_small_tmpfs(name: str) -> None:
    service = services()[name]
    for mount in service.get("volumes", []):
        source = mount.split(":")[0]
        assert mount.endswith(":ro") or not source.startswith((".", "/")), mount
    for mount in service.get("tmpfs", []):
        assert re.search(r":size=\d+m\b", mount)


@pytest.mark.parametrize("name", NAMES)
def test_all_listens_on_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services()[name].get("ports", []))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_named_by_its_whole_version(name: str) -> None:
    service = services()[name]
    assert "build" in service or re.search(r":v?\d+\.\d+\.\d+", service["image"]), service["image"]


def test_health_pages_are_not_published() -> None:
    assert not [port for service in services().values() for port in service.get("ports", []) if ":78" in port]


def test_a_node_has_a_thread_for_each_client_that_it_takes() -> None:
    for name in ("n1", "n2", "n3"):
        assert services()[name]["pids_limit"] > Limits().max_connections


def test_commands_inside_of_a_node_know_redis() -> None:
    for name in ("n1", "n2", "n3"):
        service = services()[name]
        assert service["environment"] == {"HYDRACHAT_REDIS": "redis://redis:6379/0"}
        assert "--redis" not in service["command"]


def test_the_balancer_ends_when_it_is_told_to() -> None:
    """Not when it is killed for still waiting for its clients; without its master process it does not hear SIGTERM as
    the first process of a container."""
    assert services()["balancer"]["stop_signal"] == "SIGTERM"
    assert "-W" in services()["balancer"]["command"]


def test_redis_keeps_its_data_and_refuses_before_the_container_is_killed() -> None:
    redis = services()["redis"]
    assert "redis-data:/data" in redis["volumes"]
    assert redis["command"][redis["command"].index("--maxmemory") + 1] == "1gb"
    assert redis["mem_limit"] == "2g"
    assert redis["healthcheck"]


def test_the_image_ends_as_nobody_and_is_asked_for_its_health() -> None:
    user = re.findall(r"^USER (\S+)$", FINAL, re.MULTILINE)
    assert len(user) == 1
    assert all(int(number) > 0 for number in user[0].split(":"))
    assert "\nHEALTHCHECK " in FINAL


def test_the_image_is_made_of_exact_versions_and_keeps_nothing_of_its_making() -> None:
    assert re.search(r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE}"}
    assert "pip" not in "".join(line for line in FINAL.splitlines() if line.startswith("RUN"))
    assert re.findall(r"^COPY .*", FINAL, re.MULTILINE) == ["COPY --from=build /opt/hydrachat /opt/hydrachat"]
