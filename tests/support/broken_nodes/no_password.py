"""Who comes with a registered nickname, or renames to it, is not asked for its password."""

from tests.support.broken_nodes.breaking import run, without

without(
    "claim",
    "if account and not is_proof(account, proof) or not account and proof ~= '' "
    "then return {'no', 'not_admitted', ''} end",
)
without("rename", "if account and account.id ~= own then return refuse('not_admitted', '') end")
run()
