-- Who may do what in a room: in front of membership.lua, behind log.lua and healing.lua.
--
-- `room:#ops:rights`, a hash: `owner` (an account's id, or a session that is a member), `nick` (its, as shown), `guards`
-- (which of `invite key private topic` hold), `key` ('<salt> <digest>'), `version` (rises with each change); and of each
-- person that is named, `invited:<id>`, `muted:<id>`, `removed:<id>` -> '<µs> <nickname as compared> <as shown>'.
-- A person is known by session and account and, where it is muted or removed, by '@<nickname>' as well.
-- meta `rights`: the version, and an m behind it while somebody is muted, for publish.lua. meta `curtain`: '<epoch>
-- <offset>', up to which nobody may read what was said. meta `shut`: only members may read; it outlasts the hash. `private`, a set: the rooms that are not told of.
local rights = {}
local LISTED = 200 -- persons of each kind; of more, the one that was named first is forgotten
local HEIRS = 200 -- members that are looked at, of a crowd

function rights.where(room) return key('room:' .. room .. ':rights') end

-- The ids under which a session is known; its nickname's, which is that of anybody who takes it (also of who registers or
-- unregisters it since); the nickname as compared, as shown.
function rights.ids(session)
  local row = redis.call('HMGET', key('session:' .. session), 'account', 'mapped', 'nick')
  local ids = {session}
  if row[1] and row[1] ~= '' then ids[2] = 'account:' .. row[1] end
  return ids, row[2] and '@' .. row[2] or nil, row[2], row[3]
end

local function fields_of(kind, ids, name)
  local fields = {}
  for i, id in ipairs(ids) do fields[i] = kind .. ':' .. id end
  if name then fields[#fields + 1] = kind .. ':' .. name end
  return fields
end

local function any_there(where, fields)
  for _, value in ipairs(redis.call('HMGET', where, unpack(fields))) do
    if value then return true end
  end
  return false
end

function rights.has(room, kind, session)
  local ids, name = rights.ids(session)
  return any_there(rights.where(room), fields_of(kind, ids, kind ~= 'invited' and name or nil))
end

function rights.guards(room, guard)
  local guards = redis.call('HGET', rights.where(room), 'guards') or ''
  return string.find(' ' .. guards .. ' ', ' ' .. guard .. ' ', 1, true) ~= nil, guards
end

local function is_account(owner) return string.find(owner, ':', 1, true) ~= nil end

local function is_member_of(room, session)
  return redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1
end

-- Whether anybody can come as the account: it is registered, or a member has it still (of an unregistered one, or after
-- a loss).
local function is_somebodys(owner, room)
  local account = string.match(owner, '^account:(.+)$') or owner
  if redis.call('HEXISTS', key('accounts'), account) == 1 then return true end
  local found = redis.call('HSCAN', key('room:' .. room .. ':members'), '0', 'COUNT', HEIRS)[2]
  for i = 1, math.min(#found, 2 * HEIRS), 2 do
    if redis.call('HGET', key('session:' .. found[i]), 'account') == account then return true end
  end
  return false
end

-- The owner; nil: nobody. A session that is no member any more (a loss, a rewind) owns nothing, nor does an account that
-- is no more.
function rights.owner(room)
  local owner = redis.call('HGET', rights.where(room), 'owner')
  if not owner then return nil end
  if is_account(owner) then return is_somebodys(owner, room) and owner or nil end
  return is_member_of(room, owner) and owner or nil
end

function rights.is_owner(room, session)
  local owner = rights.owner(room)
  for _, id in ipairs((rights.ids(session))) do
    if owner == id then return true end
  end
  return false
end

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

-- Whether only members may read what is said there.
local function is_shut(room)
  local _, guards = rights.guards(room, '')
  return string.find(guards, 'invite') or string.find(guards, 'key') or string.find(guards, 'private')
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

-- Since when a session is in the room, as a string that sorts: the place of its joined entry. One that was there before
-- Redis lost its data has none, and comes first.
local function seniority(room, session)
  local row = redis.call('HMGET', key('session:' .. session), 'from:' .. room, 'since')
  local epoch, offset = string.match(row[1] or '', '^(%S+) (%d+)$')
  local place = epoch and mapped(room, epoch, tonumber(offset)) or 0
  return row[2] and string.format('%020.0f %020.0f', place, tonumber(row[2]))
end

-- The member who has been there longest: of those who may speak, if anybody may.
local function heir(room)
  local first, best
  local found = redis.call('HSCAN', key('room:' .. room .. ':members'), '0', 'COUNT', HEIRS)[2]
  for i = 1, math.min(#found, 2 * HEIRS), 2 do
    local since = seniority(room, found[i])
    local order = since and (rights.has(room, 'muted', found[i]) and '1 ' or '0 ') .. since
    if order and (not best or order < best) then first, best = found[i], order end
  end
  return first
end

-- The owner is gone: the next one has the room.
local function inherit(room)
  local next_one = heir(room)
  if next_one then
    rights.give(room, next_one)
    rights.tell(next_one, 'owner', room, '', '')
  else
    redis.call('HDEL', rights.where(room), 'owner', 'nick')
  end
end

-- A room that nobody is in any more, nor owns: it begins anew, and what was said behind guards stays behind them.
local function fall(room)
  local meta = base(room) .. ':meta'
  local shut = is_shut(room) or redis.call('HEXISTS', meta, 'shut') == 1
  if shut then
    redis.call('HSET', meta, 'curtain', EPOCH .. ' ' .. int(settle(room)))
    redis.call('HDEL', meta, 'topic', 'topic_nick', 'topic_time')
  end
  redis.call('DEL', rights.where(room))
  rights.changed(room, nil, shut)
end

-- Before somebody comes into a room in which nobody is. A node of an earlier version lets the last one go and leaves
-- his rights as they are; all others let them expire, and what was behind them is behind them still.
function rights.clear_up(room)
  local where = rights.where(room)
  if redis.call('EXISTS', where) == 0 and redis.call('HEXISTS', base(room) .. ':meta', 'shut') == 1 then fall(room) end
  if redis.call('TTL', where) == -1 and not is_account(redis.call('HGET', where, 'owner') or '') then fall(room) end
end

-- The session is no member any more; its row is there still.
function rights.vacate(room, session)
  local where = rights.where(room)
  local owner = redis.call('HGET', where, 'owner')
  if not owner and redis.call('EXISTS', where) == 0 then return end
  local empty = redis.call('EXISTS', key('room:' .. room .. ':members')) == 0
  local account = rights.ids(session)[2]
  if owner == session and account then
    owner = account
    redis.call('HSET', where, 'owner', owner)
    rights.changed(room)
  end
  if owner and is_account(owner) and is_somebodys(owner, room) then
    if empty then redis.call('EXPIRE', where, EMPTY_ROOM_KEPT) end
  elseif empty then
    fall(room)
  elseif not rights.owner(room) then
    inherit(room)
    rights.changed(room)
  end
end

-- Why the session may not come in; nil: it may. `digest`: of the key that it named, or ''.
function rights.barred(room, session, digest)
  local where = rights.where(room)
  if redis.call('EXISTS', where) == 0 or rights.is_owner(room, session) then return nil end
  if rights.has(room, 'removed', session) then return {'no', 'removed', ''} end
  if rights.has(room, 'invited', session) then return nil end
  if rights.guards(room, 'invite') then return {'no', 'not_invited', ''} end
  local salt, hash = string.match(redis.call('HGET', where, 'key') or '', '^(%S+) (%S+)$')
  if rights.guards(room, 'key') and (not salt or redis.sha1hex(salt .. digest) ~= hash) then
    return {'no', 'wrong_key', ''}
  end
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
