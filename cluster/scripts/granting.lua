-- Changes of who may do what in a room: behind rights.lua.
local LISTED = 200 -- persons of each kind; of more, the one that was named first is forgotten

-- Everything that the hash holds, as 'field value' lines; and whether anybody is muted.
local function snapshot(where)
  local found, lines, muted = redis.call('HGETALL', where), {}, false
  for i = 1, #found, 2 do
    lines[#lines + 1] = found[i] .. ' ' .. found[i + 1]
    muted = muted or string.sub(found[i], 1, 6) == 'muted:'
  end
  table.sort(lines)
  return table.concat(lines, '\n'), muted
end

-- After each change: the version, what other scripts look at, and what the room's nodes remember (R5).
-- `fallen`: nobody may read any more what was said, also not from a node's memory.
function rights.changed(room, version, fallen)
  local where, meta = rights.where(room), base(room) .. ':meta'
  version = version or tonumber(string.match(redis.call('HGET', meta, 'rights') or '', '^%d+') or '0') + 1
  if redis.call('EXISTS', where) == 1 then redis.call('HSET', where, 'version', int(version)) end
  local words, muted = snapshot(where)
  redis.call('HSET', meta, 'rights', int(version) .. (muted and 'm' or ''))
  if is_shut(room) then redis.call('HSET', meta, 'shut', '1') else redis.call('HDEL', meta, 'shut') end
  if rights.guards(room, 'private') then
    redis.call('SADD', key('private'), room)
  else
    redis.call('SREM', key('private'), room)
  end
  local head = table.concat({'!rights', room, int(version), fallen and 'fallen' or nil}, ' ')
  announcements[#announcements + 1] = {key('room:' .. room .. ':log'), head .. '\n' .. words}
end

-- For the session alone. `what`: invited, muted, unmuted, owner.
function rights.tell(session, what, room, by, text)
  local node = redis.call('HGET', key('session:' .. session), 'node')
  if not node then return end
  local words = table.concat({'!right', session, what, room, by}, ' ')
  announcements[#announcements + 1] = {key('node:' .. node), words .. '\n' .. text}
end

-- Gives the room to a session, or to its account.
function rights.give(room, session)
  local ids, name, _, nick = rights.ids(session)
  redis.call('HSET', rights.where(room), 'owner', ids[2] or ids[1], 'nick', nick)
  redis.call('HDEL', rights.where(room), unpack(fields_of('muted', ids, name)))
end

-- What the session's rooms were to one owner they are to another: whose account ends, or is made anew, stays himself.
function rights.hand_on(session, before, after)
  each_room(redis.call('HGET', key('session:' .. session), 'rooms'), function(room)
    if redis.call('HGET', rights.where(room), 'owner') ~= before then return end
    redis.call('HSET', rights.where(room), 'owner', after)
    rights.changed(room)
  end)
end

-- The session has come into a room in which nobody was.
function rights.found(room, session)
  if rights.owner(room) then return end
  rights.give(room, session)
  rights.changed(room)
end

-- Names persons of a kind, with a bound.
function rights.name(room, kind, ids, name, mapped_nick, nick)
  local where, value = rights.where(room), table.concat({int(MICROS), mapped_nick, nick}, ' ')
  for _, field in ipairs(fields_of(kind, ids, name)) do redis.call('HSET', where, field, value) end
  local persons, known, found = {}, {}, redis.call('HGETALL', where)
  for i = 1, #found, 2 do
    local person = found[i + 1]
    if string.match(found[i], '^(%a+):') == kind then
      if not known[person] then persons[#persons + 1] = {tonumber(string.match(person, '^%d+')), person} end
      known[person] = known[person] or {}
      table.insert(known[person], found[i])
    end
  end
  table.sort(persons, function(one, other) return one[1] < other[1] end)
  for i = 1, #persons - LISTED do redis.call('HDEL', where, unpack(known[persons[i][2]])) end
end

-- Whether anybody was, under these ids or under this nickname, which may be somebody's who is not here.
function rights.unname(room, kind, ids, name, mapped_nick)
  local where, gone, persons = rights.where(room), 0, {}
  -- One person's fields were written together: the same value is his, also under a nickname that he had then.
  for _, field in ipairs(fields_of(kind, ids, name)) do persons[redis.call('HGET', where, field) or ''] = true end
  local found = redis.call('HGETALL', where)
  for i = 1, #found, 2 do
    local called = string.match(found[i + 1], '^%d+ (%S+) ')
    if (called == mapped_nick or persons[found[i + 1]]) and string.match(found[i], '^(%a+):') == kind then
      gone = gone + redis.call('HDEL', where, found[i])
    end
  end
  return gone > 0
end
