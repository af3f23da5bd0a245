-- R4: a node's boot begins. Older boots under the same id lose their lease at once.
-- Reply: 'ok'
if wrong_term() then return {'recover'} end
local id = string.match(NODE, '^[^/]*')
for _, other in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
  if other ~= NODE and string.match(other, '^[^/]*') == id then
    local score = tonumber(redis.call('ZSCORE', key('nodes'), other))
    redis.call('ZADD', key('nodes'), int(math.min(score, NOW - LEASE - 1)), other)
  end
end
redis.call('ZADD', key('nodes'), int(NOW), NODE)
return {'ok'}
