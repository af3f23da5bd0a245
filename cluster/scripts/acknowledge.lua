-- include: naming mail membership
-- R8: an inbox was acknowledged: the senders get their receipts, and what was acknowledged is trimmed.
-- ARGV[6] session  [7] claim  [8] epoch  [9] offset  [10] received | sent
-- Reply: 'ok', the acknowledged offset
local session, claim, epoch, offset, state = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10]

local shut = closed()
if shut then return shut end
local row, reply = owned(session, claim, {'nick'})
if not row then return reply end
local log = '@' .. session
local top = settle(log)
local meta = base(log) .. ':meta'
local from = tonumber(redis.call('HGET', meta, 'acknowledged') or '0')
local upto = math.min((mapped(log, epoch, offset)), top)
if upto <= from then return {'ok', int(from)} end
receipts(session, row[4], int(from + 1) .. '-0', int(upto) .. '-0', state)
redis.call('HSET', meta, 'acknowledged', int(upto))
redis.call('XTRIM', base(log) .. ':log', 'MINID', int(upto + 1) .. '-0')
announce()
return {'ok', int(upto)}
