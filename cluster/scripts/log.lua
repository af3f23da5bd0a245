-- Entries of logs: in front of every script, behind lives.lua.
-- One entry at `offset`. `more`: further fields.
local function put(log, offset, entry, more)
  local fields = {'kind', entry.kind, 'session', entry.session, 'n', entry.n, 'nick', entry.nick,
    'time', entry.time, 'text', entry.text}
  concat(fields, more)
  local stream, id = base(log) .. ':log', int(offset) .. '-0'
  if string.sub(log, 1, 1) == '#' then
    redis.call('XADD', stream, 'MAXLEN', '~', RETAIN, id, unpack(fields))
  else
    redis.call('XADD', stream, id, unpack(fields))
  end
end

-- An entry as XRANGE returns it.
local function of_stream(item)
  local entry = {place = tonumber(string.match(item[1], '^%d+'))}
  for i = 1, #item[2], 2 do entry[item[2][i]] = item[2][i + 1] end
  return entry
end

-- What is to be published of an entry waits for `announce`. `was`: as below.
local function tell_entry(log, channel, offset, entry, was)
  local head = table.concat({log, EPOCH, int(offset), entry.time, entry.kind, entry.session, entry.n, entry.nick}, ' ')
  if was then head = head .. ' late' .. (was ~= '' and string.gsub(' ' .. was, ' ', ' was=') or '') end
  announcements[#announcements + 1] = {channel, head .. '\n' .. entry.text}
end

local function late_fields(was)
  if not was then return {} end
  return was == '' and {'late', '1'} or {'late', '1', 'was', was}
end

-- Appends one entry. `was`: of one that comes back late its former places, as '<epoch>:<offset> …', '': none here.
local function append_entry(log, channel, entry, was)
  local offset = settle(log) + 1
  put(log, offset, entry, late_fields(was))
  redis.call('HSET', base(log) .. ':meta', 'epoch', EPOCH, 'top', int(offset))
  tell_entry(log, channel, offset, entry, was)
  return int(offset)
end

local function append(log, channel, kind, session, n, nick, text, was)
  local entry = {kind = kind, session = session, n = n, nick = nick, time = int(NOW), text = text}
  return append_entry(log, channel, entry, was)
end

local function append_room(room, kind, session, nick, text)
  return append(room, key('room:' .. room .. ':log'), kind, session, '0', nick, text)
end

local function append_inbox(session, node, kind, from, n, nick, text)
  return append('@' .. session, key('node:' .. node), kind, from, n, nick, text)
end

-- Who is to be told at once of what is appended to a log.
local function channel_of(log)
  if string.sub(log, 1, 1) == '#' then return key('room:' .. log .. ':log') end
  return key('node:' .. (redis.call('HGET', key('session:' .. string.sub(log, 2)), 'node') or '-'))
end

-- Notes that an entry came back late: it is there, but no cursor follows it.
local function note_late(log, epoch, old, new)
  local late = base(log) .. ':late'
  redis.call('HSET', late, epoch .. ':' .. int(old), EPOCH .. ' ' .. int(new))
  redis.call('EXPIRE', late, LATE_KEPT)
end

-- Notes where a message is that was brought back, by its identity: whoever brings it again may know it by the name of
-- an epoch that these data never knew.
local function note_back(log, session, n, place)
  local late = base(log) .. ':late'
  redis.call('HSET', late, session .. ' ' .. int(n), EPOCH .. ' ' .. int(place))
  redis.call('EXPIRE', late, LATE_KEPT)
end

-- The place in the present epoch of a message that was brought back before; nil if it was not, or is lost again.
local function brought_back(log, session, n)
  local found = redis.call('HGET', base(log) .. ':late', session .. ' ' .. int(n))
  if not found then return nil end
  local epoch, place = string.match(found, '^(%S+) (%d+)$')
  return present(log, epoch, tonumber(place))
end

-- Where the present life of a log began; -1: not known, since an earlier version turned it, or nobody has yet.
local function turned(log)
  local found = redis.call('HMGET', base(log) .. ':meta', 'epoch', 'turned', 'former')
  local name, top = string.match(found[2] or '', '^(%S+) (%d+)$')
  if found[1] == EPOCH and name == EPOCH then return tonumber(top) end
  return found[1] == EPOCH and (found[3] or '') == '' and 0 or -1
end

-- Where all logs of a session stand, flat: log, top, the offset after which it is owed to who has no cursor, where its
-- present life began, …
-- The offsets are of this term's epoch.
local function positions(session, rooms)
  local inbox = '@' .. session
  local reply = {inbox, settle(inbox), tonumber(redis.call('HGET', base(inbox) .. ':meta', 'acknowledged') or '0')}
  reply[4] = turned(inbox)
  each_room(rooms, function(room)
    local top = settle(room)
    local from = redis.call('HGET', key('session:' .. session), 'from:' .. room) or ''
    local epoch, offset = string.match(from, '^(%S+) (%d+)$')
    local owed = epoch and math.min((mapped(room, epoch, tonumber(offset))), top) or top
    concat(reply, {room, top, owed, turned(room)})
  end)
  return reply
end
