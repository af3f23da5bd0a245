-- R1, R8: appends what a session says to a room's log or to an inbox, exactly once for each (session, n).
-- ARGV[6] session  [7] claim  [8] n  [9] to: '#room' or '@mapped nickname'  [10] text
-- ARGV[11] session that the sender last saw under that nickname, or ''
-- ARGV[12] a reason for which the node itself refuses, or ''   [13] limit of an inbox
-- ARGV[14] epoch and [15] offset at which it was accepted before, if the sender fears that it was lost since
-- Reply: 'ok', outcome | 'no', 'out_of_order', last n | 'no', reason, '' | 'fenced' | 'lease' | 'recover' | 'wait'
--   outcome: 'ok <log> <epoch> <offset> <time ms>' or 'no <reason>'; kept for the last 128 n.
local session, claim, n, to, text = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10]
local holder, refusal, limit = ARGV[11], ARGV[12], tonumber(ARGV[13])
local again = ARGV[14] and {epoch = ARGV[14], offset = tonumber(ARGV[15])}

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
-- What is restored of the destination's log has its n.
local addressee = string.sub(to, 1, 1) == '@' and redis.call('GET', key('nick:' .. string.sub(to, 2)))
local destination = addressee and '@' .. addressee or to
if string.sub(destination, 1, 1) == '@' and not addressee then destination = '' end
if destination ~= '' then settle(destination) end
local row, reply = owned(session, claim, {'n', 'nick'})
if not row then return reply end
local last, nick, said = tonumber(row[4]), row[5], key('session:' .. session .. ':said')

if n > last + 1 then return {'no', 'out_of_order', int(last)} end

-- Where it is by now, if it is anywhere.
local function outcome_again()
  local place = present(destination, again.epoch, again.offset) or brought_back(destination, session, n)
  local found = place and redis.call('XRANGE', base(destination) .. ':log', int(place) .. '-0', int(place) .. '-0')[1]
  local entry = found and of_stream(found)
  local ours = entry and entry.session == session and tonumber(entry.n) == n
  -- Trimmed since, or acknowledged: it was there.
  if place and (ours or not found) then
    return table.concat({'ok', destination, EPOCH, int(place), ours and entry.time or int(NOW)}, ' ')
  end
end

-- An outcome counts only as long as what it speaks of is there.
local function outcome_kept()
  local outcome = redis.call('HGET', said, int(n))
  local log, epoch, offset = string.match(outcome or '', '^ok (%S+) (%S+) (%d+)')
  if not log then return outcome end
  -- An inbox goes with its session: what it held was there, and nobody can have it any more.
  if string.sub(log, 1, 1) == '@' and redis.call('EXISTS', base(log) .. ':meta') == 0 then return outcome end
  settle(log)
  -- What a rewind took is of an epoch that is known still: of one that has been forgotten it was there.
  local _, there, _, known = walk(log, epoch, tonumber(offset), true)
  if there or not known then return outcome end
end

if n <= last then
  local outcome = again and destination ~= '' and outcome_again() or outcome_kept()
  if outcome then return {'ok', outcome} end
  -- Younger than that, an outcome is missing only where a rewind took it, and the message with it.
  if not again and n <= last - OUTCOMES_KEPT then return {'no', 'forgotten', ''} end
end

local function appended(log, channel)
  local was = again and n <= last and again.epoch .. ':' .. int(again.offset) or nil
  local done, offset = pcall(append, log, channel, 'message', session, int(n), nick, text, was)
  if done and was then
    note_late(log, again.epoch, again.offset, offset)
    note_back(log, session, n, tonumber(offset))
  end
  if done then return table.concat({'ok', log, EPOCH, offset, int(NOW)}, ' ') end
  -- Final, so that what is said elsewhere is not held up.
  if spoilt(log) then return 'no log_spoilt' end
  error(offset, 0)
end

local function speak_in_room()
  if redis.call('HEXISTS', key('room:' .. to .. ':members'), session) == 0 then return 'no not_member' end
  return appended(to, key('room:' .. to .. ':log'))
end

-- How many entries of an inbox are unacknowledged.
local function waiting(log)
  return settle(log) - tonumber(redis.call('HGET', base(log) .. ':meta', 'acknowledged') or '0')
end

-- The second value: a reason that does not use up n, since the client may try again.
local function speak_to_inbox()
  local node = addressee and redis.call('HGET', key('session:' .. addressee), 'node')
  if not node then return 'no no_such_nick' end
  if holder ~= '' and holder ~= addressee then return 'no addressee_changed' end
  local log = '@' .. addressee
  -- Said again, it is meant for the one who held the name then: his inbox has lived in that epoch.
  if again and holder == '' and not select(4, walk(log, again.epoch, again.offset)) then
    return 'no addressee_changed'
  end
  -- His own is where the receipt goes: who never acknowledges it could fill Redis with receipts.
  if waiting(log) >= limit or waiting('@' .. session) >= 2 * limit then return nil, 'inbox_full' end
  return appended(log, key('node:' .. node))
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
redis.call('HSET', key('session:' .. session), 'n', int(math.max(n, last)))
note_outcome(session, n, outcome)
announce()
return {'ok', outcome}
