-- What becomes of a room whose owner goes, and of one that nobody is in any more: behind granting.lua.

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
