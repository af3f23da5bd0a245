-- The common beginning of every script (cluster/scripts/__init__.py puts it in front).
--
-- KEYS[1]  <prefix>term: names the slot; all keys share its hash tag, so any may be derived from it
-- ARGV[1]  the term that the node believes in: <run id>:<replication id>:<nonce>
-- ARGV[2]  the calling node as <id>/<boot>
-- ARGV[3]  lease, ms     ARGV[4]  grace, ms     ARGV[5]  entries kept per room log
-- ARGV[6…] the script's own
--
-- Every reply is an array that begins with one of
--   'ok', …           done
--   'no', reason, …   refused (cluster/types/reasons.py: Reason)
--   'fenced', how     the session's claim is another one, or the session is gone (how it ended, or '')
--   'lease'           the node's lease is over: it may not speak for anybody
--   'recover'         the data is of another term than the node believes: nothing was done
--   'wait'            nothing was done: a node that was alive has not brought back what it has in this term yet
--
-- A failing script isn't rolled back: the first write of each is the XADD that may hit a full memory.
local PREFIX = string.sub(KEYS[1], 1, -5)
local TERM, NODE = ARGV[1], ARGV[2]
local LEASE, GRACE, RETAIN = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
-- All logs of one term share its nonce as their epoch: unique, short, and nothing to write eagerly.
local EPOCH = string.match(TERM, '([^:]*)$')
local clock = redis.call('TIME')
local NOW = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
-- Orders claims: fine enough that no two scripts share it.
local MICROS = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local function key(name) return PREFIX .. name end
local function int(number) return string.format('%.0f', number) end

local function wrong_term()
  local found = redis.call('HMGET', KEYS[1], 'term', 'state')
  return found[1] ~= TERM or not (found[2] == 'open' or found[2] == 'recovering')
end

-- R5: whether a node that was alive may still have sessions to re-claim, or entries to restore, in this term. It is
-- waited for for a time only: who is silent for longer comes late.
local function recovering()
  local found = redis.call('HMGET', KEYS[1], 'state', 'until')
  return found[1] == 'recovering' and NOW < tonumber(found[2] or '0')
end

-- The reply to give if nothing may be done: all but what brings sessions and logs back waits for that.
local function closed()
  local found = redis.call('HMGET', KEYS[1], 'term', 'state', 'until')
  if found[1] == TERM and found[2] == 'open' then return nil end
  if wrong_term() then return {'recover'} end
  if NOW < tonumber(found[3] or '0') then return {'wait'} end
end

local function end_recovering()
  redis.call('HSET', KEYS[1], 'state', 'open')
  redis.call('HDEL', KEYS[1], 'awaited', 'until')
end

-- R4: an outage of Redis isn't the death of all nodes. True while nobody's lease can be judged:
-- no heartbeat of any node came through for a lease, or a hold is on since such a time or a recovery.
local function on_hold()
  local found = redis.call('HMGET', KEYS[1], 'beat', 'hold')
  local beat, hold = tonumber(found[1] or '0'), tonumber(found[2] or '0')
  return NOW - beat > LEASE, NOW < hold
end

-- Whether another boot runs under this node's id: then this one is a sleeper that woke up.
local function superseded()
  local id = string.match(NODE, '^[^/]*')
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', key('nodes'), int(NOW - LEASE), '+inf')) do
    if other ~= NODE and string.match(other, '^[^/]*') == id then return true end
  end
  return false
end

-- Whether this node was taken for dead: its sessions are away since, and their grace runs, whatever happens to Redis.
local function lapsed() return redis.call('SISMEMBER', key('lapsed'), NODE) == 1 end

-- Whether this node may speak. While leases can't be judged its sessions are its own still, as long as no later
-- boot has taken its place.
local function leased()
  local score = tonumber(redis.call('ZSCORE', key('nodes'), NODE) or '-1')
  if NOW - score <= LEASE then return true end
  local outage, hold = on_hold()
  return score >= 0 and (outage or hold) and not superseded() and not lapsed()
end

-- How a session ended, if that was a short time ago: 'quit', 'kicked <why>' … (cluster/endings.py); else ''.
local function how_ended(session) return redis.call('GET', key('ended:' .. session)) or '' end

-- Whether an operator did it, or the owner of its nickname: then nothing brings it back.
local FINAL = {kicked = true, banned = true, regained = true}
local function is_final(how) return FINAL[string.match(how, '^%S*')] == true end

-- The session's row if this claim at this node may speak for it; else the reply to give.
local function owned(session, claim, fields)
  local row = redis.call('HMGET', key('session:' .. session), 'claim', 'node', 'epoch', unpack(fields or {}))
  if row[1] ~= claim or row[2] ~= NODE then return nil, {'fenced', how_ended(session)} end
  if row[3] ~= EPOCH then return nil, {'recover'} end
  return row
end

-- `#room` or `@session` -> the common part of the keys of that log.
local function base(log)
  if string.sub(log, 1, 1) == '@' then return key('inbox:' .. string.sub(log, 2)) end
  return key('room:' .. log)
end

-- Whether it is the inbox of a session that is not there (yet), or that of an account (`@~<id>`) which is there no more.
local function homeless(log)
  local account, session = string.match(log, '^@~(.*)$'), string.match(log, '^@(.*)$')
  if account then return redis.call('HEXISTS', key('accounts'), account) == 0 end
  return session ~= nil and redis.call('EXISTS', key('session:' .. session)) == 0
end

-- Whether something else than us has made the log's key another type: nothing can be appended to it.
local function spoilt(log)
  local kind = redis.call('TYPE', base(log) .. ':log')
  if type(kind) == 'table' then kind = kind.ok end
  return kind ~= 'stream' and kind ~= 'none'
end

local announcements = {}

-- `claim`: who holds the session now; '-' when it was ended, and `how`.
local function tell_taken(node, session, claim, how)
  local words = table.concat({'!taken', session, claim, int(MICROS), how}, ' ')
  announcements[#announcements + 1] = {key('node:' .. node), words}
end

-- To the node of a session: somebody has come with a token of it that is spent.
local function tell_spent(node, session, claim)
  announcements[#announcements + 1] = {key('node:' .. node), table.concat({'!spent', session, claim}, ' ')}
end

-- PUBLISH comes last.
local function announce()
  for _, item in ipairs(announcements) do redis.call('PUBLISH', item[1], item[2]) end
end

-- A hint for who is in those rooms; `state`: here, away (the connection broke), gone (by choice).
local HINTED = 100 -- members: the death of a node must not tell each of a crowd of each other
local function tell_presence(session, nick, rooms, state, text, few)
  for room in string.gmatch(rooms or '', '[^,]+') do
    if not few or redis.call('HLEN', key('room:' .. room .. ':members')) <= HINTED then
      local words = table.concat({'!presence', session, state, room, nick}, ' ')
      announcements[#announcements + 1] = {key('room:' .. room .. ':log'), words .. '\n' .. text}
    end
  end
end

local function show_presence(nick, node, state)
  redis.call('HSET', key('presence'), nick, string.match(node, '^[^/]*') .. ' ' .. state)
end

local function each_room(rooms, act)
  for room in string.gmatch(rooms or '', '[^,]+') do act(room) end
end

local function concat(first, second)
  for _, item in ipairs(second) do first[#first + 1] = item end
  return first
end

local function contains(list, room)
  return string.find(',' .. (list or '') .. ',', ',' .. room .. ',', 1, true) ~= nil
end

-- How long what belongs to a session that is not there (yet) is kept, seconds.
local ORPHAN_KEPT = int(math.ceil((LEASE + GRACE) / 500))
-- How long it is remembered that a session is over, seconds: longer than a node can sleep, or fail to come into a term,
-- and still believe that it has the session.
local ENDED_KEPT = int(math.max(600, tonumber(ORPHAN_KEPT)))

-- Outcomes, as {n, outcome}, rising. Only the last are kept, also where a rewind or a heal has made n jump.
local OUTCOMES_KEPT = 128
local function note_outcomes(session, list)
  local said, noted, over = key('session:' .. session .. ':said'), {}, {}
  for i, item in ipairs(list) do
    noted[2 * i - 1], noted[2 * i], over[i] = int(item[1]), item[2], int(item[1] - OUTCOMES_KEPT)
  end
  redis.call('HSET', said, unpack(noted))
  redis.call('HDEL', said, unpack(over))
  if redis.call('HLEN', said) <= OUTCOMES_KEPT then return end
  local top, numbers = 0, redis.call('HKEYS', said)
  for _, number in ipairs(numbers) do top = math.max(top, tonumber(number)) end
  for _, number in ipairs(numbers) do
    if tonumber(number) <= top - OUTCOMES_KEPT then redis.call('HDEL', said, number) end
  end
end

local function note_outcome(session, n, outcome) note_outcomes(session, {{n, outcome}}) end
