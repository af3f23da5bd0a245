"""A renaming is done whoever has the nickname."""

from tests.support.broken_nodes.breaking import run, without

without(
    "rename",
    "if not account then return refuse('nick_taken', first_free(12, session, own)) end\n  finish(holder, 'regained')",
)
run()
