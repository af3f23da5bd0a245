-- Who may do what in a room: in front of granting.lua, behind log.lua and healing.lua.
--
-- `room:#ops:rights`, a hash: `owner` (an account's id, or a session that is a member), `nick` (its, as shown), `guards`
-- (which of `invite key private topic` hold), `key` ('<salt> <digest>'), `version` (rises with each change); and of each
-- person that is named, `invited:<id>`, `muted:<id>`, `removed:<id>` -> '<µs> <nickname as compared> <as shown>'.
-- A person is known by session and account and, where it is muted or removed, by '@<nickname>' as well.
-- meta `rights`: the version, and an m behind it while somebody is muted, for publish.lua. meta `curtain`: '<epoch>
-- <offset>', up to which nobody may read what was said. meta `shut`: only members may read; it outlasts the hash. `private`, a set: the rooms that are not told of.
local rights = {}
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

-- Whether only members may read what is said there.
local function is_shut(room)
  local _, guards = rights.guards(room, '')
  return string.find(guards, 'invite') or string.find(guards, 'key') or string.find(guards, 'private')
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
