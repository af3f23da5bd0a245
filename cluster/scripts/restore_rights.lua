-- include: membership
-- R5: what a node remembers of a room's rights, before anybody is let in. What was changed more often is the later one.
-- ARGV[6] room  [7] version  [8] 'field value' lines, '' for none   Reply: 'ok', 1 if the data lacked it
local room, version = ARGV[6], tonumber(ARGV[7])

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
local where, known = rights.where(room), redis.call('HGET', base(room) .. ':meta', 'rights') or ''
if version <= tonumber(string.match(known, '^%d+') or '0') then return {'ok', 0} end
redis.call('DEL', where)
for field, value in string.gmatch(ARGV[8], '(%S+) ([^\n]*)') do redis.call('HSET', where, field, value) end
-- Its members may still be on their way here.
if redis.call('EXISTS', key('room:' .. room .. ':members')) == 0 then redis.call('EXPIRE', where, EMPTY_ROOM_KEPT) end
rights.changed(room, version)
announce()
return {'ok', 1}
