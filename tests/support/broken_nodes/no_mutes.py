"""Who is muted speaks."""

from tests.support.broken_nodes.breaking import run, without

without("publish", "if is_muted(said.to, said.session) then return 'no muted' end")
run()
