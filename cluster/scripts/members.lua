-- include: seeing
-- ARGV[6] room  [7] at most so many  [8] the session that asks, as of rooms.lua
-- Reply: 'ok', nickname, session, node, state, 1 if away by choice, … | 'no', 'not_member', ''
local room, limit = key('room:' .. ARGV[6] .. ':members'), tonumber(ARGV[7])
local shut = closed()
if shut then return shut end
if not may_know(ARGV[6], ARGV[8]) then return {'ok'} end
if not may_read(ARGV[6], ARGV[8]) then return {'no', 'not_member', ''} end
local cursor, seen, count, reply = '0', {}, 0, {'ok'}
repeat
  local found = redis.call('HSCAN', room, cursor, 'COUNT', limit)
  cursor = found[1]
  for i = 1, #found[2], 2 do
    local session = found[2][i]
    local row = not seen[session] and count < limit and redis.call('HMGET', key('session:' .. session), 'node', 'state', 'gone')
    seen[session] = true
    if row and row[1] then
      concat(reply, {found[2][i + 1], session, string.match(row[1], '^[^/]*'), row[2], row[3] and 1 or 0})
      count = count + 1
    end
  end
until cursor == '0' or count >= limit
return reply
