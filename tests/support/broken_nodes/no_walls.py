"""What was said in a guarded room is told to whoever asks for it."""

from tests.support.broken_nodes.breaking import run, without

without("history", "if not may_read(room, ARGV[9]) then return {'no', 'not_member', ''} end")
run()
