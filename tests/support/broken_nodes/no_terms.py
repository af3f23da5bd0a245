"""Nobody looks whether Redis's data are still those that one knew."""

from functools import partial
from typing import Any

from cluster.cluster import Cluster
from node import real
from tests.support.broken_nodes.breaking import run, without

without("lib", "found[1] ~= TERM or not (found[2] == 'open' or found[2] == 'recovering')", "false")
blind: Any = partial(Cluster, identity=lambda _: "ever:the-same")
real.Cluster = blind  # type: ignore[attr-defined]
run()
