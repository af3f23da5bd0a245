"""Publishing does not look at n: what is said again is in the log again."""

from tests.support.broken_nodes.breaking import run, without

without("publish", "  if outcome then return {'ok', outcome} end\n")
run()
