-- include: naming mail membership
-- R3: a session's orderly end. Does nothing unless the row still has this claim.
-- ARGV[6] session  [7] claim  [8] reason   Reply: 'ok', 1 if it changed anything
local session, claim, reason = ARGV[6], ARGV[7], ARGV[8]

local shut = closed()
if shut then return shut end
if redis.call('HGET', key('session:' .. session), 'claim') ~= claim then return {'ok', 0} end
finish(session, reason)
announce()
return {'ok', 1}
