-- The common beginning of every script (cluster/scripts.py puts it in front).
--
-- KEYS[1]  <prefix>term: names the slot; all keys share its hash tag, so any may be derived from it
-- ARGV[1]  the term that the node believes in: <run id>:<replication id>:<nonce>
-- ARGV[2]  the calling node as <id>/<boot>
-- ARGV[3]  lease, ms     ARGV[4]  grace, ms     ARGV[5]  entries kept per room log
-- ARGV[6…] the script's own
--
-- Every reply is an array that begins with one of
--   'ok', …           done
--   'no', reason, …   refused (cluster/types.py: Reason)
--   'fenced'          the session's claim is another one, or the session is gone
--   'lease'           the node's lease is over: it may not speak for anybody
--   'recover'         the data is of another term than the node believes: nothing was done
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
  return found[1] ~= TERM or found[2] ~= 'open'
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

-- Whether this node may speak. While leases can't be judged its sessions are its own still, as long as no later
-- boot has taken its place.
local function leased()
  local score = tonumber(redis.call('ZSCORE', key('nodes'), NODE) or '-1')
  if NOW - score <= LEASE then return true end
  local outage, hold = on_hold()
  return score >= 0 and (outage or hold) and not superseded()
end

-- The session's row if this claim at this node may speak for it; else the reply to give.
local function owned(session, claim, fields)
  local row = redis.call('HMGET', key('session:' .. session), 'claim', 'node', 'epoch', unpack(fields or {}))
  if row[1] ~= claim or row[2] ~= NODE then return nil, {'fenced'} end
  if row[3] ~= EPOCH then return nil, {'recover'} end
  return row
end

-- `#room` or `@session` -> the common part of the keys of that log.
local function base(log)
  if string.sub(log, 1, 1) == '@' then return key('inbox:' .. string.sub(log, 2)) end
  return key('room:' .. log)
end

-- R5: brings a log to this term. A log of an earlier term gets the new epoch, and keeps the former one with
-- its fork, the top that was found. Returns the top. Of a log without entries there is nothing to remember.
local FORMER_KEPT = 32
local function settle(log)
  local meta = base(log) .. ':meta'
  local found = redis.call('HMGET', meta, 'epoch', 'top', 'former')
  local top = tonumber(found[2] or '0')
  if found[1] == EPOCH or not found[1] then return top end
  local former = {found[1] .. '=' .. int(top)}
  for item in string.gmatch(found[3] or '', '[^,]+') do
    if #former < FORMER_KEPT then former[#former + 1] = item end
  end
  redis.call('HSET', meta, 'epoch', EPOCH, 'top', int(top), 'former', table.concat(former, ','))
  return top
end

-- A cursor as an offset of the present epoch. Second: the highest offset known to be lost of the cursor's
-- epoch (nil: nobody knows). Third: whether the epoch is known at all.
local function mapped(log, epoch, offset)
  if epoch == EPOCH then return offset, nil, true end
  local meta = redis.call('HMGET', base(log) .. ':meta', 'former', 'lost:' .. epoch)
  for name, fork in string.gmatch(meta[1] or '', '([^,=]+)=(%d+)') do
    if name == epoch then return math.min(offset, tonumber(fork)), tonumber(meta[2]), true end
  end
  return 0, nil, false
end

-- Appends one entry; what is to be published waits for `announce`, so that PUBLISH comes last.
local announcements = {}
local function append(log, channel, kind, session, n, nick, text)
  local offset = int(settle(log) + 1)
  local where = base(log)
  local id = offset .. '-0'
  if string.sub(log, 1, 1) == '#' then
    redis.call('XADD', where .. ':log', 'MAXLEN', '~', RETAIN, id,
      'kind', kind, 'session', session, 'n', n, 'nick', nick, 'time', int(NOW), 'text', text)
  else
    redis.call('XADD', where .. ':log', id,
      'kind', kind, 'session', session, 'n', n, 'nick', nick, 'time', int(NOW), 'text', text)
  end
  redis.call('HSET', where .. ':meta', 'epoch', EPOCH, 'top', offset)
  local head = table.concat({log, EPOCH, offset, int(NOW), kind, session, n, nick}, ' ')
  announcements[#announcements + 1] = {channel, head .. '\n' .. text}
  return offset
end

local function append_room(room, kind, session, nick, text)
  return append(room, key('room:' .. room .. ':log'), kind, session, '0', nick, text)
end

local function append_inbox(session, node, kind, from, n, nick, text)
  return append('@' .. session, key('node:' .. node), kind, from, n, nick, text)
end

-- `claim`: who holds the session now; '-' when it was ended.
local function tell_taken(node, session, claim)
  local words = table.concat({'!taken', session, claim, int(MICROS)}, ' ')
  announcements[#announcements + 1] = {key('node:' .. node), words}
end

local function announce()
  for _, item in ipairs(announcements) do redis.call('PUBLISH', item[1], item[2]) end
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

-- Where all logs of a session stand, flat: log, top, the offset after which it is owed to who has no cursor, …
-- The offsets are of this term's epoch.
local function positions(session, rooms)
  local inbox = '@' .. session
  local reply = {inbox, settle(inbox), tonumber(redis.call('HGET', base(inbox) .. ':meta', 'acknowledged') or '0')}
  each_room(rooms, function(room)
    local top = settle(room)
    local from = redis.call('HGET', key('session:' .. session), 'from:' .. room) or ''
    local epoch, offset = string.match(from, '^(%S+) (%d+)$')
    local owed = epoch and math.min(mapped(room, epoch, tonumber(offset)), top) or top
    concat(reply, {room, top, owed})
  end)
  return reply
end
