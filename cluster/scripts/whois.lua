-- include: seeing
-- Who holds a nickname. Of private rooms only those are told in which who asks is as well.
-- ARGV[6] nickname, as compared  [7] the session that asks, as of rooms.lua
-- Reply: 'ok', nickname as shown, session, node, state, 1 if away by choice, what he says of it, since ms, rooms, client
--   | 'no', 'no_such_nick', ''
local shut = closed()
if shut then return shut end
local session = redis.call('GET', key('nick:' .. ARGV[6]))
local row = session and redis.call('HMGET', key('session:' .. session), 'nick', 'node', 'state', 'gone', 'since', 'rooms',
  'client')
if not row or not row[1] then return {'no', 'no_such_nick', ''} end
local rooms = {}
each_room(row[6], function(room) if may_know(room, ARGV[7]) then rooms[#rooms + 1] = room end end)
return {'ok', row[1], session, string.match(row[2], '^[^/]*'), row[3], row[4] and 1 or 0, row[4] or '', row[5],
  table.concat(rooms, ','), row[7] or ''}
