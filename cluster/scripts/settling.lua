-- R5: what entries that were brought back mean for outcomes, members and topics: behind bringing.lua.

-- The outcome of a message that was brought back, for a sender who asks again.
local function note_said(log, entry, place)
  note_back(log, entry.session, tonumber(entry.n), tonumber(place))
  local row, n = key('session:' .. entry.session), tonumber(entry.n)
  if redis.call('EXISTS', key('ended:' .. entry.session)) == 1 then return end
  note_outcome(entry.session, n, table.concat({'ok', log, EPOCH, int(place), entry.time}, ' '))
  local last = redis.call('HGET', row, 'n')
  if not last then return redis.call('EXPIRE', row .. ':said', ORPHAN_KEPT) end
  if tonumber(last) < n then redis.call('HSET', row, 'n', int(n)) end
end

-- Rooms that a session has left lately, each with its left entry: what was said there before is still owed to a
-- client whose connection broke meanwhile. `place` nil: it is a member again.
local PARTED_KEPT = 16
local function note_parted(session, room, place)
  local kept = place and {room .. ' ' .. place} or {}
  for item in string.gmatch(redis.call('HGET', key('session:' .. session), 'parted') or '', '[^,]+') do
    if string.match(item, '^%S+') ~= room and #kept < PARTED_KEPT then kept[#kept + 1] = item end
  end
  redis.call('HSET', key('session:' .. session), 'parted', table.concat(kept, ','))
end

local function drop_member(room, session)
  local members = key('room:' .. room .. ':members')
  redis.call('HDEL', members, session)
  redis.call('SREM', key('ghosts'), room .. ' ' .. session)
  if redis.call('EXISTS', members) == 1 then return end
  redis.call('SREM', key('rooms'), room)
  -- The meta stays: offsets of one epoch must never start again.
  if room == '#lobby' then return end
  redis.call('EXPIRE', key('room:' .. room .. ':log'), EMPTY_ROOM_KEPT)
  redis.call('EXPIRE', key('room:' .. room .. ':rights'), EMPTY_ROOM_KEPT)
end

-- A restored `left`: it is told, so it must neither be told again nor be untrue. Of where it is who was re-claimed
-- knows better, but for a leaving whose answer it waits for. That it is over he does not: a session never goes on, but
-- its node may have been cut off when the others ended it, and nobody remembers that by the time it is back.
local function part(room, entry, place)
  local session, is_removal = entry.session, string.match(entry.text, '^removed') ~= nil
  local is_over = entry.text ~= 'left' and not is_removal
  local row = redis.call('HMGET', key('session:' .. session), 'epoch', 'rooms', 'pending')
  -- Of a removal nobody waits for an answer at the node of who was removed.
  if row[1] == EPOCH and not is_over and not is_removal and not contains(row[3], room) then return end
  drop_member(room, session)
  -- A node that comes late may still take the session for its own.
  if is_over then redis.call('SET', key('ended:' .. session), entry.text, 'EX', LATE_KEPT) end
  if not row[1] then return end
  local kept = {}
  each_room(row[2], function(name) if name ~= room then kept[#kept + 1] = name end end)
  redis.call('HSET', key('session:' .. session), 'rooms', table.concat(kept, ','))
  redis.call('HDEL', key('session:' .. session), 'from:' .. room)
  note_parted(session, room, EPOCH .. ' ' .. int(place))
  -- Its row is there until `heal` comes to it.
  if is_over then redis.call('SADD', key('healing'), '!' .. session) end
end

-- A restored `joined` of one who is no member: its node may come late, so the place is kept for a time, after which
-- one `left` is told (reap.lua).
local function haunt(room, entry)
  local members = key('room:' .. room .. ':members')
  if redis.call('HEXISTS', members, entry.session) == 1 then
    -- Of a renaming that his node waits for, this is the entry: it must not be told again.
    local waits = contains(redis.call('HGET', key('session:' .. entry.session), 'pending'), 'nick')
    if entry.text ~= '' and waits then redis.call('HSET', members, entry.session, entry.nick) end
    return
  end
  redis.call('HSET', members, entry.session, entry.nick)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
  redis.call('SADD', key('ghosts'), room .. ' ' .. entry.session)
end

local function settle_members(room, restored)
  local last = {}
  for _, item in ipairs(restored) do
    local kind = item.entry.kind
    if kind == 'joined' or kind == 'left' then last[item.entry.session] = item end
  end
  for _, item in pairs(last) do
    if item.entry.kind == 'left' then part(room, item.entry, item.place) else haunt(room, item.entry) end
  end
end

-- What a room is about. One that was cleared is kept, too: by whom, and when.
local function note_topic(room, nick, time, text)
  redis.call('HSET', base(room) .. ':meta', 'topic', text, 'topic_nick', nick, 'topic_time', int(time))
end

-- The newest of the restored ones, unless somebody has set another since.
local function settle_topic(room, restored)
  local newest = tonumber(redis.call('HGET', base(room) .. ':meta', 'topic_time') or '0')
  for _, item in ipairs(restored) do
    local entry = item.entry
    if entry.kind == 'topic' and tonumber(entry.time) >= newest then
      newest = tonumber(entry.time)
      note_topic(room, entry.nick, newest, entry.text)
    end
  end
end

-- What was staged for this log is used up.
local function forget_staged(log)
  redis.call('DEL', base(log) .. ':tail', base(log) .. ':known')
  redis.call('SREM', key('healing'), log)
end

local function after_heal(log, restored)
  for _, item in ipairs(restored) do
    if item.entry.kind == 'message' then note_said(log, item.entry, item.place) end
  end
  if string.sub(log, 1, 1) == '#' then
    settle_members(log, restored)
    settle_topic(log, restored)
    -- Whoever left it last did so before its log was there again.
    if log ~= '#lobby' and redis.call('EXISTS', key('room:' .. log .. ':members')) == 0 then
      redis.call('EXPIRE', base(log) .. ':log', EMPTY_ROOM_KEPT)
    end
  elseif homeless(log) then
    -- Its session may be re-claimed late, or has ended long ago: then nobody would ever clear this up.
    redis.call('EXPIRE', base(log) .. ':log', ORPHAN_KEPT)
    redis.call('EXPIRE', base(log) .. ':meta', ORPHAN_KEPT)
  end
end
