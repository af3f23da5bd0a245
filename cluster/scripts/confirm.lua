-- include: naming mail membership tokens
-- The client has the token that the welcome of its resume brought: those before it are spent.
-- ARGV[6] session  [7] claim  [8] hash of that token   Reply: 'ok', 1 if it changed anything
local session, claim, hash = ARGV[6], ARGV[7], ARGV[8]

local shut = closed()
if shut then return shut end
local row, reply = owned(session, claim, {'token', 'open', 'spent'})
if not row then return reply end
if row[4] ~= hash or (row[5] or '') == '' then return {'ok', 0} end
local open, spent = spend_others(hash, row[4], row[5], row[6])
redis.call('HSET', key('session:' .. session), 'open', open, 'spent', spent)
return {'ok', 1}
