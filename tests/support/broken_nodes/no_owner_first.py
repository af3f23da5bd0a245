"""Its owner is refused a registered nickname, though he shows the password, as long as a session of his own has it."""

from tests.support.broken_nodes.breaking import run, without

without("claim", "if not account then reason, proposal =", "if holder or not account then reason, proposal =")
run()
