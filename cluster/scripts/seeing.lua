-- What of a room may be told to whom: in front of scripts that only read.

-- Whether `session` may read what is in the room; nil: an operator, who may. Of a guarded one only members may, also when
-- its rights are over with nobody there.
local function may_read(room, session)
  if not session then return true end
  local guards = redis.call('HGET', key('room:' .. room .. ':rights'), 'guards') or ''
  local shut = string.find(guards, 'invite') or string.find(guards, 'key') or string.find(guards, 'private')
    or redis.call('HEXISTS', base(room) .. ':meta', 'shut') == 1
  return not shut or redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1
end

-- Whether `session` may know that the room is there. One that it may not know of looks as if it weren't.
local function may_know(room, session)
  return not session or redis.call('SISMEMBER', key('private'), room) == 0
    or redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1
end

-- Up to there nobody may read, whoever he is.
local function curtain(room)
  local epoch, offset = string.match(redis.call('HGET', base(room) .. ':meta', 'curtain') or '', '^(%S+) (%d+)$')
  return epoch and (mapped(room, epoch, tonumber(offset))) or 0
end
