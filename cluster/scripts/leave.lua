-- include: membership
-- R3: ARGV[6] session  [7] claim  [8] room
-- Reply: 'ok', offset of the left entry, time ms, 1 | 'no', 'not_member', ''
local session, claim, room = ARGV[6], ARGV[7], ARGV[8]

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
local row, reply = owned(session, claim, {'nick', 'rooms'})
if not row then return reply end
if redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 0 then return {'no', 'not_member', ''} end
local offset = exit_room(room, session, row[4], 'left')
local kept = {}
each_room(row[5], function(name) if name ~= room then kept[#kept + 1] = name end end)
redis.call('HSET', key('session:' .. session), 'rooms', table.concat(kept, ','))
announce()
return {'ok', offset, int(NOW), 1}
