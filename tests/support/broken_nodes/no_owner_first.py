"""Its owner is refused a registered nickname, though he shows the password, as long as a session of his own has it."""

from tests.support.broken_nodes.breaking import run, without

without(
    "claim",
    "if holder and not account then",
    "if holder and account then return refuse('nick_taken', '0') end\nif holder and not account then",
)
run()
