-- include: naming mail membership announcing
-- R4: sessions of dead nodes become away, sessions whose grace is over end. Every node calls it with each
-- heartbeat; whoever does it, it happens once. Bounded, so that the death of a full node can't hold up Redis.
-- Reply: 'ok', sessions made away, nickname that ended, …
local LAPSES, ENDS = 200, 50

local shut = closed()
if shut then return shut end
-- Announcements that the command that began them did not finish. One that can't be told keeps nobody from his end.
for _, id in ipairs(redis.call('SRANDMEMBER', key('announcements'), 1)) do pcall(tell_announcement, id, ENDS) end
local outage, hold = on_hold()
if outage then redis.call('HSET', KEYS[1], 'hold', int(NOW + LEASE + GRACE)) end
if outage or hold then
  announce()
  return {'ok', 0}
end

local lapsed = 0
local function lapse(node, score)
  local sessions = key('node:' .. node .. ':sessions')
  redis.call('SADD', key('lapsed'), node)
  for _, session in ipairs(redis.call('SRANDMEMBER', sessions, LAPSES)) do
    local row = redis.call('HMGET', key('session:' .. session), 'node', 'state', 'nick', 'rooms')
    if row[1] == node and row[2] == 'here' then
      set_away(session, row[3], node, score + LEASE + GRACE)
      tell_presence(session, row[3], row[4], 'away', '', true)
    end
    redis.call('SREM', sessions, session)
    lapsed = lapsed + 1
  end
  if redis.call('EXISTS', sessions) == 0 and NOW - score > LEASE + GRACE then
    redis.call('ZREM', key('nodes'), node)
    redis.call('SREM', key('lapsed'), node)
  end
end
for _, node in ipairs(redis.call('ZRANGEBYSCORE', key('nodes'), '-inf', int(NOW - LEASE - 1))) do
  lapse(node, tonumber(redis.call('ZSCORE', key('nodes'), node)))
end

local reply = {'ok', lapsed}
for _, session in ipairs(redis.call('ZRANGEBYSCORE', key('absent'), '-inf', int(NOW), 'LIMIT', 0, ENDS)) do
  local row = redis.call('HMGET', key('session:' .. session), 'state', 'until')
  if row[1] == 'away' and tonumber(row[2]) <= NOW then
    -- One that can't be ended (a key of the wrong type, say) must not keep the others from it.
    local ended, nick = pcall(finish, session, 'expired')
    if ended then reply[#reply + 1] = nick else redis.call('ZADD', key('absent'), int(NOW + GRACE), session) end
  else
    redis.call('ZREM', key('absent'), session)
  end
end
-- Members by a restored `joined`, whom nobody has claimed meanwhile.
for _, item in ipairs(redis.call('SRANDMEMBER', key('ghosts'), ENDS)) do
  local room, session = string.match(item, '^(%S+) (%S+)$')
  local nick = redis.call('HGET', key('room:' .. room .. ':members'), session)
  if nick and not contains(redis.call('HGET', key('session:' .. session), 'rooms'), room) then
    exit_room(room, session, nick, 'expired')
  end
  redis.call('SREM', key('ghosts'), item)
end
announce()
return reply
