-- include: naming mail membership remembering
-- R5: a node has brought back all that it has. What else stands under its name is a ghost that a rewind brought
-- back, or has moved and will be re-claimed elsewhere: it gets its grace. The last one that was awaited ends the
-- recovering.
-- ARGV[6] 'asks': only whether others are waited for   Reply: 'ok', how many, 'open' | 'recovering', 1 if
--   nothing was done in this term before it; for who only asks: who is waited for, with commas
if wrong_term() then return {'recover'} end
if ARGV[6] == 'asks' then
  return {'ok', '0', recovering() and 'recovering' or 'open', redis.call('HGET', KEYS[1], 'awaited') or ''}
end
local count, in_time = 0, recovering() and 1 or 0
for _, session in ipairs(redis.call('SMEMBERS', key('node:' .. NODE .. ':sessions'))) do
  local row = redis.call('HMGET', key('session:' .. session), 'epoch', 'node', 'nick', 'state')
  if row[2] == NODE and row[1] ~= EPOCH and row[4] == 'here' then
    set_away(session, row[3], NODE, NOW + LEASE + GRACE)
    count = count + 1
  end
end

note_brought()
local term, left = redis.call('HMGET', KEYS[1], 'state', 'awaited'), {}
for id in string.gmatch(term[2] or '', '[^,]+') do
  if id ~= string.match(NODE, '^[^/]*') then left[#left + 1] = id end
end
if #left > 0 then
  redis.call('HSET', KEYS[1], 'awaited', table.concat(left, ','))
elseif term[1] == 'recovering' then
  end_recovering()
end
return {'ok', int(count), recovering() and 'recovering' or 'open', in_time}
