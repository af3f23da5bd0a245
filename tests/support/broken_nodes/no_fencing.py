"""Claims are not compared: the connection that lost a session still speaks for it, and takes its place away."""

from tests.support.broken_nodes.breaking import run, without

without("lib", "if row[1] ~= claim or row[2] ~= NODE then return nil", "if not row[1] then return nil")
without("away", "row[1] ~= claim or row[2] ~= NODE or row[4] ~= 'here'", "not row[1]")
without("end", "redis.call('HGET', key('session:' .. session), 'claim') ~= claim", "false")
run()
