-- include: naming mail membership
-- The connection of a session broke: its grace begins, unless another connection has taken it.
-- ARGV[6] session  [7] claim   Reply: 'ok', 1 if it changed anything
local session, claim = ARGV[6], ARGV[7]

local shut = closed()
if shut then return shut end
local row = redis.call('HMGET', key('session:' .. session), 'claim', 'node', 'nick', 'state', 'rooms')
if row[1] ~= claim or row[2] ~= NODE or row[4] ~= 'here' then return {'ok', 0} end
set_away(session, row[3], NODE, NOW + GRACE)
tell_presence(session, row[3], row[5], 'away', '', true)
announce()
return {'ok', 1}
