-- R1, R8: appends what a session says to a room's log or to an inbox, exactly once for each (session, n).
-- ARGV[6] session  [7] claim  [8] n  [9] to: '#room' or '@mapped nickname'  [10] text
-- ARGV[11] session that the sender last saw under that nickname, or ''
-- ARGV[12] a reason for which the node itself refuses, or ''   [13] limit of an inbox
-- Reply: 'ok', outcome | 'no', 'out_of_order', last n | 'no', reason, '' | 'fenced' | 'lease' | 'recover'
--   outcome: 'ok <log> <epoch> <offset> <time ms>' or 'no <reason>'; kept for the last 128 n.
local OUTCOMES_KEPT = 128
local session, claim, n, to, text = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10]
local holder, refusal, limit = ARGV[11], ARGV[12], tonumber(ARGV[13])

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
local row, reply = owned(session, claim, {'n', 'nick'})
if not row then return reply end
local last, nick, said = tonumber(row[4]), row[5], key('session:' .. session .. ':said')

if n > last + 1 then return {'no', 'out_of_order', int(last)} end
if n <= last then
  local outcome = redis.call('HGET', said, int(n))
  if outcome then return {'ok', outcome} end
  return {'no', 'forgotten', ''}
end

local function speak_in_room()
  if redis.call('HEXISTS', key('room:' .. to .. ':members'), session) == 0 then return 'no not_member' end
  local offset = append(to, key('room:' .. to .. ':log'), 'message', session, int(n), nick, text)
  return table.concat({'ok', to, EPOCH, offset, int(NOW)}, ' ')
end

-- How many entries of an inbox are unacknowledged.
local function waiting(log)
  return settle(log) - tonumber(redis.call('HGET', base(log) .. ':meta', 'acknowledged') or '0')
end

-- The second value: a reason that does not use up n, since the client may try again.
local function speak_to_inbox()
  local addressee = redis.call('GET', key('nick:' .. string.sub(to, 2)))
  local node = addressee and redis.call('HGET', key('session:' .. addressee), 'node')
  if not node then return 'no no_such_nick' end
  if holder ~= '' and holder ~= addressee then return 'no addressee_changed' end
  local log = '@' .. addressee
  -- His own is where the receipt goes: who never acknowledges it could fill Redis with receipts.
  if waiting(log) >= limit or waiting('@' .. session) >= 2 * limit then return nil, 'inbox_full' end
  local offset = append_inbox(addressee, node, 'message', session, int(n), nick, text)
  return table.concat({'ok', log, EPOCH, offset, int(NOW)}, ' ')
end

local outcome, passing
if refusal ~= '' then
  outcome = 'no ' .. refusal
elseif string.sub(to, 1, 1) == '#' then
  outcome = speak_in_room()
else
  outcome, passing = speak_to_inbox()
end
if passing then return {'no', passing, ''} end
redis.call('HSET', key('session:' .. session), 'n', int(n))
redis.call('HSET', said, int(n), outcome)
redis.call('HDEL', said, int(n - OUTCOMES_KEPT))
announce()
return {'ok', outcome}
