-- include: seeing
-- ARGV[6] room  [7] at most so many  [8] the session that asks, as of rooms.lua
-- Reply: 'ok', nickname, session, node, state, 1 if away by choice, … | 'no', 'not_member', ''
local shut = closed()
if shut then return shut end
if not may_know(ARGV[6], ARGV[8]) then return {'ok'} end
if not may_read(ARGV[6], ARGV[8]) then return {'no', 'not_member', ''} end
local found = redis.call('HGETALL', key('room:' .. ARGV[6] .. ':members'))
local reply = {'ok'}
for i = 1, math.min(#found, 2 * tonumber(ARGV[7])), 2 do
  local row = redis.call('HMGET', key('session:' .. found[i]), 'node', 'state', 'gone')
  if row[1] then
    concat(reply, {found[i + 1], found[i], string.match(row[1], '^[^/]*'), row[2], row[3] and 1 or 0})
  end
end
return reply
