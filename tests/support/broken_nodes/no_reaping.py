"""Nobody is ever declared gone."""

from tests.support.broken_nodes.breaking import run, without

without("reap", "local LAPSES, ENDS = 200, 50\n", "do return {'ok', 0} end\nlocal LAPSES, ENDS = 200, 50\n")
run()
