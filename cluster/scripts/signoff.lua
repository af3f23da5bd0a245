-- A node's orderly exit: its lease ends at once. What sessions it still has keep their grace.
-- Reply: 'ok'
if wrong_term() then return {'recover'} end
if redis.call('EXISTS', key('node:' .. NODE .. ':sessions')) == 0 then
  redis.call('ZREM', key('nodes'), NODE)
  redis.call('SREM', key('lapsed'), NODE)
else
  redis.call('ZADD', key('nodes'), int(NOW - LEASE - 1), NODE)
end
redis.call('DEL', key('node:' .. NODE))
return {'ok'}
