-- A node's orderly exit: its lease ends at once. What sessions it still has keep their grace.
-- Reply: 'ok'
if wrong_term() then return {'recover'} end
local row = key('node:' .. NODE)
redis.call('DEL', row)
if redis.call('EXISTS', key('node:' .. NODE .. ':sessions')) == 0 then
  redis.call('ZREM', key('nodes'), NODE)
  redis.call('SREM', key('lapsed'), NODE)
else
  redis.call('ZADD', key('nodes'), int(NOW - LEASE - 1), NODE)
  -- For people: who left in order is not lost. No more of the row, by which the process would seem to be there.
  redis.call('HSET', row, 'state', 'stopped')
  redis.call('PEXPIRE', row, int(LEASE + GRACE))
end
return {'ok'}
