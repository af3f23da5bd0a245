"""What waits for the owner of a nickname is taken away, but not handed over when he comes."""

from tests.support.broken_nodes.breaking import run, without

without("claim", "append_entry('@' .. session, channel_of('@' .. session), entry, entry.late and '')")
run()
