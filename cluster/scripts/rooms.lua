-- include: seeing
-- ARGV[6] at most about so many  [7] the session that asks ('': none; left out: an operator)
-- Reply: 'ok', room, how many members, …
local limit = tonumber(ARGV[6])
local shut = closed()
if shut then return shut end
local cursor, seen, reply = '0', {}, {'ok'}
repeat
  local found = redis.call('SSCAN', key('rooms'), cursor, 'COUNT', limit)
  cursor = found[1]
  for _, room in ipairs(found[2]) do
    if not seen[room] and may_know(room, ARGV[7]) then concat(reply, {room, int(redis.call('HLEN', key('room:' .. room .. ':members')))}) end
    seen[room] = true
  end
until cursor == '0' or #reply > 2 * limit
return reply
