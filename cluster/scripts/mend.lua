-- include: naming mail membership
-- For an operator's doctor, who has seen from outside, key by key, what may just have been changing: which of it is
-- really wrong at one moment; and, if asked to, mends that. Nothing here makes up what a session does itself.
-- ARGV[6] kind (a function of `wrong`; to mend: of `mend`)  [7] look | mend  [8…] items of that kind
-- Reply: 'ok', those items that are wrong (mend: that were), …
local KIND, MENDS = ARGV[6], ARGV[7] == 'mend'

local shut = MENDS and closed()
if shut then return shut end
-- R4: who is late may still re-claim what seems to be nobody's.
if MENDS and NOW < tonumber(redis.call('HGET', KEYS[1], 'hold') or '0') then return {'wait'} end

local function there(name) return redis.call('EXISTS', key(name)) == 1 end
local function lives_on(session) return there('session:' .. session) end
local function row(session, ...) return unpack(redis.call('HMGET', key('session:' .. session), ...)) end
local function holds(set, item) return redis.call('SISMEMBER', key(set), item) == 1 end
local function scored(set, item) return redis.call('ZSCORE', key(set), item) end
local function pair(item) return string.match(item, '^(%S+) (%S+)$') end
local function is_in(room, session) return redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1 end
local function count_in(room) return redis.call('HLEN', key('room:' .. room .. ':members')) end

-- Those of a session's keys that would stay for ever.
local function lasting(session, parts)
  local found = {}
  for _, part in ipairs(parts) do
    if redis.call('PTTL', key(part)) == -1 then found[#found + 1] = key(part) end
  end
  return found
end

local function inbox_parts(session)
  local parts = {}
  for i, part in ipairs({':log', ':meta', ':tail', ':known'}) do parts[i] = 'inbox:' .. session .. part end
  return parts
end

-- A boot that nobody judges: as one whose lease has just ended.
local function give_up(node) redis.call('ZADD', key('nodes'), 'NX', int(NOW - LEASE - 1), node) end

-- Everybody who is on-line, by nickname; read once for all items.
local names
local function everybody()
  if names then return names end
  names = {}
  local function note(sessions)
    for _, session in ipairs(sessions) do names[row(session, 'nick') or ''] = true end
  end
  for _, node in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
    note(redis.call('SMEMBERS', key('node:' .. node .. ':sessions')))
  end
  note(redis.call('ZRANGE', key('absent'), 0, -1))
  return names
end

local function shown_as(session)
  local node, state = row(session, 'node', 'state')
  return node and state and string.match(node, '^[^/]*') .. ' ' .. state
end

local wrong, mend = {}, {}

function wrong.nickname(mapped)
  local session = redis.call('GET', key('nick:' .. mapped))
  return session and not lives_on(session)
end
function mend.nickname(mapped) redis.call('DEL', key('nick:' .. mapped)) end

function wrong.nameless(session)
  local mapped = row(session, 'mapped')
  return mapped and not there('nick:' .. mapped)
end
function mend.nameless(session) redis.call('SET', key('nick:' .. row(session, 'mapped')), session) end

function wrong.presence(nick) return redis.call('HEXISTS', key('presence'), nick) == 1 and not everybody()[nick] end
function mend.presence(nick) redis.call('HDEL', key('presence'), nick) end

function wrong.unseen(session)
  local nick, mapped = row(session, 'nick', 'mapped')
  local shown = shown_as(session)
  if not shown or redis.call('GET', key('nick:' .. (mapped or ''))) ~= session then return false end
  return string.sub(redis.call('HGET', key('presence'), nick) or '', 1, #shown) ~= shown
end
function mend.unseen(session) show_presence(row(session, 'nick', 'node', 'state')) end

-- A member by a restored `joined` is reap.lua's.
function wrong.member(item)
  local room, session = pair(item)
  return is_in(room, session) and not holds('ghosts', item) and not contains(row(session, 'rooms'), room)
end
function mend.member(item)
  local room, session = pair(item)
  exit_room(room, session, redis.call('HGET', key('room:' .. room .. ':members'), session), 'expired')
end

function wrong.outsider(item)
  local room, session = pair(item)
  return contains(row(session, 'rooms'), room) and not is_in(room, session)
end
function mend.outsider(item)
  local room, session = pair(item)
  redis.call('HSET', key('room:' .. room .. ':members'), session, row(session, 'nick'))
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
end

function wrong.unlisted(room) return count_in(room) > 0 and not holds('rooms', room) end
function mend.unlisted(room) redis.call('SADD', key('rooms'), room) end

function wrong.deserted(room) return count_in(room) == 0 and holds('rooms', room) end
function mend.deserted(room) redis.call('SREM', key('rooms'), room) end

function wrong.kept(room)
  return room ~= '#lobby' and count_in(room) == 0 and redis.call('PTTL', key('room:' .. room .. ':log')) == -1
end
function mend.kept(room) redis.call('EXPIRE', key('room:' .. room .. ':log'), EMPTY_ROOM_KEPT) end

function wrong.inbox(session)
  local account = string.match(session, '^~(.*)$')
  if account and redis.call('HEXISTS', key('accounts'), account) == 1 then return false end
  return not lives_on(session) and not holds('healing', '@' .. session) and #lasting(session, inbox_parts(session)) > 0
end
function mend.inbox(session)
  for _, name in ipairs(lasting(session, inbox_parts(session))) do redis.call('EXPIRE', name, ORPHAN_KEPT) end
end

function wrong.said(session)
  return not lives_on(session) and #lasting(session, {'session:' .. session .. ':said'}) > 0
end
function mend.said(session) redis.call('EXPIRE', key('session:' .. session .. ':said'), ORPHAN_KEPT) end

function wrong.held(item)
  local node, session = pair(item)
  return holds('node:' .. node .. ':sessions', session) and row(session, 'node') ~= node
end
function mend.held(item)
  local node, session = pair(item)
  redis.call('SREM', key('node:' .. node .. ':sessions'), session)
end

function wrong.unjudged(node) return there('node:' .. node .. ':sessions') and not scored('nodes', node) end
mend.unjudged = give_up

function wrong.unheld(session)
  local node, state = row(session, 'node', 'state')
  if state ~= 'here' then return false end
  return not holds('node:' .. node .. ':sessions', session) or not scored('nodes', node)
end
function mend.unheld(session)
  local node = row(session, 'node')
  redis.call('SADD', key('node:' .. node .. ':sessions'), session)
  give_up(node)
end

function wrong.endless(session) return row(session, 'state') == 'away' and not scored('absent', session) end
function mend.endless(session)
  redis.call('ZADD', key('absent'), 'NX', int(tonumber(row(session, 'until') or '') or NOW + GRACE), session)
end

function wrong.absent(session) return scored('absent', session) and row(session, 'state') ~= 'away' end
function mend.absent(session) redis.call('ZREM', key('absent'), session) end

-- Of a former term, long after nobody can re-claim it any more.
function wrong.unclaimed(session)
  local state, epoch = row(session, 'state', 'epoch')
  local hold = tonumber(redis.call('HGET', KEYS[1], 'hold') or '0')
  return state == 'here' and epoch ~= EPOCH and NOW > hold + 2 * LEASE
end
function mend.unclaimed(session)
  local nick, node = row(session, 'nick', 'node')
  set_away(session, nick, node, NOW + GRACE)
end

function wrong.lapsed(node) return holds('lapsed', node) and not scored('nodes', node) end
function mend.lapsed(node) redis.call('SREM', key('lapsed'), node) end

-- What only a person can mend.
function wrong.headless(log)
  return there(string.sub(base(log) .. ':log', #PREFIX + 1)) and not there(string.sub(base(log) .. ':meta', #PREFIX + 1))
end

function wrong.twin(session)
  local holder = redis.call('GET', key('nick:' .. (row(session, 'mapped') or '')))
  return holder and holder ~= session and lives_on(holder)
end

function wrong.overdue(session)
  local state, deadline = row(session, 'state', 'until')
  return state == 'away' and (tonumber(deadline or '') or NOW) < NOW - 3 * LEASE - 10000
end

-- A key of the wrong type is told as such, by what has read it. But who may not look must not be told that all is well.
local function judged(item)
  local fine, found = pcall(wrong[KIND], item)
  local words = fine and '' or (type(found) == 'table' and found.err or tostring(found))
  if string.find(words, 'ACL failure', 1, true) or string.find(words, 'NOPERM', 1, true)
    or string.find(words, 'user executing the script', 1, true) then error(words, 0) end
  return fine and found
end

local reply = {'ok'}
for i = 8, #ARGV do
  if judged(ARGV[i]) and (not MENDS or pcall(mend[KIND], ARGV[i])) then reply[#reply + 1] = ARGV[i] end
end
announce()
return reply
