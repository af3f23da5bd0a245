-- Joining, leaving and ending, shared by the session scripts: membership and its log entry change together,
-- so that each joined and left is told exactly once.
local EMPTY_ROOM_KEPT = 7 * 24 * 3600

local function enter(room, session, nick, rooms)
  local offset = append_room(room, 'joined', session, nick, '')
  redis.call('HSET', key('room:' .. room .. ':members'), session, nick)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
  if rooms == '' then return offset, room end
  return offset, rooms .. ',' .. room
end

local function exit_room(room, session, nick, reason)
  local offset = append_room(room, 'left', session, nick, reason)
  local members = key('room:' .. room .. ':members')
  redis.call('HDEL', members, session)
  if redis.call('EXISTS', members) == 0 then
    redis.call('SREM', key('rooms'), room)
    -- The meta stays: offsets of one epoch must never start again.
    if room ~= '#lobby' then redis.call('EXPIRE', key('room:' .. room .. ':log'), EMPTY_ROOM_KEPT) end
  end
  return offset
end

-- Tells the sender of a direct message what became of it, if he is still there.
local function receipt(sender, n, nick, state)
  local node = redis.call('HGET', key('session:' .. sender), 'node')
  if node then append_inbox(sender, node, 'receipt', sender, n, nick, state) end
end

-- Receipts for the direct messages in `log` from offset `first` to `last` ('+': all).
local function receipts(session, nick, first, last, state)
  for _, item in ipairs(redis.call('XRANGE', key('inbox:' .. session .. ':log'), first, last)) do
    local entry = {}
    for i = 1, #item[2], 2 do entry[item[2][i]] = item[2][i + 1] end
    if entry.kind == 'message' and entry.session ~= session then receipt(entry.session, entry.n, nick, state) end
  end
end

-- R3: the end of a session. Whoever calls it twice does no harm: the caller has looked at the row.
local function finish(session, reason)
  local row = redis.call('HMGET', key('session:' .. session), 'nick', 'mapped', 'node', 'rooms')
  local nick, node = row[1], row[3]
  if not nick then return nil end
  receipts(session, nick, '-', '+', 'undelivered')
  each_room(row[4], function(room) exit_room(room, session, nick, reason) end)
  if redis.call('GET', key('nick:' .. row[2])) == session then
    redis.call('DEL', key('nick:' .. row[2]))
    redis.call('HDEL', key('presence'), nick)
  end
  redis.call('SREM', key('node:' .. node .. ':sessions'), session)
  redis.call('ZREM', key('absent'), session)
  redis.call('DEL', key('session:' .. session), key('session:' .. session .. ':said'),
    key('inbox:' .. session .. ':log'), key('inbox:' .. session .. ':meta'))
  tell_node(node, 'taken ' .. session)
  return nick
end

local function set_away(session, nick, node, deadline)
  redis.call('HSET', key('session:' .. session), 'state', 'away', 'until', int(deadline))
  redis.call('ZADD', key('absent'), int(deadline), session)
  show_presence(nick, node, 'away')
end
