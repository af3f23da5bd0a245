"""A node's `/metrics`: asked for, and read."""

from __future__ import annotations

import http.client
import math
import time

from prometheus_client.parser import text_string_to_metric_families

from cluster.top.names import wanted
from cluster.top.rates import Sample

LARGEST = 1 << 20
"""Bytes of an answer that are read at most: a node's has some 12 KiB."""


def scrape(where: str, timeout: float) -> Sample:
    """What the node at HOST:PORT shows now. Any thread; blocks for `timeout` seconds at most, beside the looking up of
    a name. Raises OSError: it does not answer, or not with metrics."""
    deadline = time.monotonic() + timeout
    try:
        link = http.client.HTTPConnection(where, timeout=timeout)
        try:
            return parsed(_body(link, deadline), time.monotonic())
        finally:
            link.close()
    except (ValueError, http.client.HTTPException) as error:
        raise OSError(f"{where} does not answer with metrics: {error}") from error


def _body(link: http.client.HTTPConnection, deadline: float) -> str:
    link.request("GET", "/metrics")
    answer = link.getresponse()
    if answer.status != http.client.OK:
        raise ValueError(f"status {answer.status}")
    body = bytearray()
    while piece := answer.read1(65536):
        body += piece
        left = deadline - time.monotonic()
        if left <= 0 or len(body) > LARGEST:
            raise TimeoutError(f"{link.host} did not finish its answer in time")
        if link.sock is not None:
            link.sock.settimeout(left)
    return body.decode("utf-8", "replace")


def parsed(text: str, at: float) -> Sample:
    """`text` in Prometheus's format as a sample of what is wanted: parsing a line takes long. Raises ValueError."""
    values: dict[str, float] = {}
    buckets: dict[str, dict[float, float]] = {}
    try:
        for family in text_string_to_metric_families("\n".join(filter(wanted, text.splitlines())) + "\n"):
            for name, labels, value, *_ in family.samples:
                if name.endswith("_bucket") and "le" in labels:
                    of = buckets.setdefault(name.removesuffix("_bucket"), {})
                    bound = float(labels["le"])
                    of[bound] = of.get(bound, 0.0) + value
                else:
                    _count(values, name, labels, value)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"not in Prometheus's format: {error!r}") from error
    if not values and not buckets:
        raise ValueError("there is nothing of a node's in it")
    return Sample(at, values, buckets)


def _count(values: dict[str, float], name: str, labels: dict[str, str], value: float) -> None:
    if len(labels) == 1:
        values[f"{name}{{{next(iter(labels.values()))}}}"] = value
    before = values.get(name)
    values[name] = value if before is None or math.isnan(before) else before + value
