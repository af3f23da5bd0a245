-- include: naming mail membership
-- An operator ends the session of a nickname, wherever it is and whether its node lives: R3, as by `end`, so it is told
-- once. Who would go on with it is told why, for an hour.
-- ARGV[6] nickname as compared  [7] why, one line, may be empty
-- Reply: 'ok', nickname as shown, node, here | away, rooms | 'no', 'no_such_nick', ''
local KEPT = 3600 -- seconds

local shut = closed()
if shut then return shut end
local session = redis.call('GET', key('nick:' .. ARGV[6]))
local row = session and redis.call('HMGET', key('session:' .. session), 'nick', 'node', 'state', 'rooms')
if not row or not row[1] then return {'no', 'no_such_nick', ''} end
finish(session, ARGV[7] == '' and 'kicked' or 'kicked ' .. ARGV[7])
redis.call('EXPIRE', key('ended:' .. session), KEPT)
announce()
return {'ok', row[1], string.match(row[2], '^[^/]*'), row[3], row[4]}
