-- include: membership
-- R5: a node has re-claimed all that it has. What else stands under its name is a ghost that a rewind brought
-- back, or has moved and will be re-claimed elsewhere: it gets its grace.
-- Reply: 'ok', how many
if wrong_term() then return {'recover'} end
local count = 0
for _, session in ipairs(redis.call('SMEMBERS', key('node:' .. NODE .. ':sessions'))) do
  local row = redis.call('HMGET', key('session:' .. session), 'epoch', 'node', 'nick', 'state')
  if row[2] == NODE and row[1] ~= EPOCH and row[4] == 'here' then
    set_away(session, row[3], NODE, NOW + LEASE + GRACE)
    count = count + 1
  end
end
return {'ok', int(count)}
