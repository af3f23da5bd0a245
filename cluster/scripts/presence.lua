-- Everybody who is on-line.  ARGV[6] at most so many   Reply: 'ok', nickname, '', node, state, …
if wrong_term() then return {'recover'} end
local found = redis.call('HGETALL', key('presence'))
local reply = {'ok'}
for i = 1, math.min(#found, 2 * tonumber(ARGV[6])), 2 do
  local node, state = string.match(found[i + 1], '^(%S+) (%S+)')
  concat(reply, {found[i], '', node, state})
end
return reply
