-- Joining, leaving and ending, shared by the session scripts: membership and its log entry change together,
-- so that each joined and left is told exactly once.
local function enter(room, session, nick, rooms)
  local members = key('room:' .. room .. ':members')
  local top = int(settle(room))
  -- It was told already, if a rewind has forgotten all but a restored `joined`.
  local told = redis.call('HEXISTS', members, session) == 1
  local offset = told and top or append_room(room, 'joined', session, nick, '')
  redis.call('HSET', members, session, nick)
  redis.call('SREM', key('ghosts'), room .. ' ' .. session)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
  redis.call('PERSIST', rights.where(room))
  -- From here on the room is owed to the session, also if it never hears that it joined.
  redis.call('HSET', key('session:' .. session), 'from:' .. room, EPOCH .. ' ' .. offset)
  note_parted(session, room, nil)
  if rooms == '' then return offset, room end
  return offset, rooms .. ',' .. room
end

local function exit_room(room, session, nick, reason)
  local offset = append_room(room, 'left', session, nick, reason)
  drop_member(room, session)
  redis.call('HDEL', key('session:' .. session), 'from:' .. room)
  -- Whatever somebody has made of that key: who is over is over. An owner who is no member owns nothing anyway.
  if room ~= '#lobby' then pcall(rights.vacate, room, session) end
  return offset
end

-- What he says of being away is nothing for rooms in which he is muted.
local function tell_words(session, nick, rooms, state, text, few)
  each_room(rooms, function(room)
    local muted = text ~= '' and rights.has(room, 'muted', session) and not rights.is_owner(room, session)
    tell_presence(session, nick, room, state, muted and '' or text, few)
  end)
end

-- Tells the sender of a direct message what became of it, if he is still there.
local function receipt(sender, n, nick, state)
  local node = redis.call('HGET', key('session:' .. sender), 'node')
  if node then append_inbox(sender, node, 'receipt', sender, n, nick, state) end
end

-- Receipts for the direct messages in the session's inbox from offset `first` to `last` ('+': all).
local function receipts(session, nick, first, last, state)
  for _, item in ipairs(redis.call('XRANGE', key('inbox:' .. session .. ':log'), first, last)) do
    local entry = {}
    for i = 1, #item[2], 2 do entry[item[2][i]] = item[2][i + 1] end
    if entry.kind == 'message' and entry.session ~= session then receipt(entry.session, entry.n, nick, state) end
  end
end

-- R3: the end of a session. Whoever calls it twice does no harm: the caller has looked at the row.
local function finish(session, reason)
  local row = redis.call('HMGET', key('session:' .. session), 'nick', 'mapped', 'node', 'rooms', 'account')
  local nick, node = row[1], row[3]
  if not nick then return nil end
  -- What is restored first may tell already that it has left.
  settle('@' .. session)
  each_room(row[4], settle)
  -- Each step leaves a trace by which it isn't done again, should a later one fail.
  if (row[5] or '') == '' or not keep_mail(session, row[5]) then receipts(session, nick, '-', '+', 'undelivered') end
  redis.call('DEL', key('inbox:' .. session .. ':log'))
  each_room(row[4], function(room)
    if redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1 then
      exit_room(room, session, nick, reason)
    end
  end)
  free_nick(session, nick, row[2])
  -- A node that slept meanwhile must not bring it back in a later term.
  redis.call('SET', key('ended:' .. session), reason, 'EX', ENDED_KEPT)
  redis.call('SREM', key('node:' .. node .. ':sessions'), session)
  redis.call('ZREM', key('absent'), session)
  redis.call('DEL', key('session:' .. session), key('session:' .. session .. ':said'),
    key('inbox:' .. session .. ':meta'), key('inbox:' .. session .. ':late'))
  forget_staged('@' .. session)
  tell_taken(node, session, '-', reason)
  return nick
end

-- The reply to who asks for a session that isn't there: what an operator or the owner of its name has ended stays so.
local function refuse_ended(session)
  local word, detail = string.match(how_ended(session), '^(%S*) ?(.*)$')
  if word and FINAL[word] then return {'no', word, detail} end
  return {'no', 'resume_refused', ''}
end

-- The session is at this node, with a connection, in this term.
local function set_here(session, nick)
  redis.call('HSET', key('session:' .. session), 'node', NODE, 'state', 'here', 'epoch', EPOCH)
  redis.call('HDEL', key('session:' .. session), 'until')
  redis.call('ZREM', key('absent'), session)
  redis.call('SADD', key('node:' .. NODE .. ':sessions'), session)
  show_presence(nick, NODE, 'here')
end

-- A request whose answer was lost is asked again under the same ticket, and gets the same answer.
local function done_before(did, ticket)
  local name, offset, time = string.match(did or '', '^(%S+) (%S+) (%S+)$')
  if name == ticket then return {'ok', offset, time, 1} end
end

local function note_done(session, ticket, offset, rooms)
  redis.call('HSET', key('session:' .. session), 'rooms', rooms, 'did', table.concat({ticket, offset, int(NOW)}, ' '))
end

local function set_away(session, nick, node, deadline)
  redis.call('HSET', key('session:' .. session), 'state', 'away', 'until', int(deadline))
  redis.call('ZADD', key('absent'), int(deadline), session)
  -- A rewind may have brought it back after its nickname had changed hands.
  local mapped_nick = redis.call('HGET', key('session:' .. session), 'mapped') or ''
  if redis.call('GET', key('nick:' .. mapped_nick)) == session then show_presence(nick, node, 'away') end
end
