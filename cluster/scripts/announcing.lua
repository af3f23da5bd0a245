-- An operator's announcements: in front of the scripts that tell them, behind membership.lua.
--
-- One is an entry of kind `message` in each inbox, which every node and every client knows, of whatever version: the
-- log keeps it for who is away, and offsets have no hole. Its session is '*<id>', which can't be anybody's, and its
-- nickname one that nobody can take.
-- `announcements`, a set: those that not all have been told. `announcement:<id>`, a hash: what is told.
-- `announcement:<id>:to`, a sorted set: the sessions that are to be told still.
local SPEAKER = '*operator*'
local ANNOUNCED_KEPT = 3600 -- seconds in which the same is known to have been told

local function announcement_entry(id, text, time)
  return {kind = 'message', session = '*' .. id, n = '1', nick = SPEAKER, time = time, text = text}
end

local function tell_one(session, id, found)
  local log, node = '@' .. session, redis.call('HGET', key('session:' .. session), 'node')
  if not found[1] or not node or spoilt(log) then return end
  settle(log)
  -- A rewind has made the list longer again, and a node has brought back the entry.
  if brought_back(log, '*' .. id, 1) then return end
  append_entry(log, key('node:' .. node), announcement_entry(id, found[1], found[2]))
end

-- Tells it to `count` more sessions at most. Each is off the list as soon as its inbox has the entry, in the same
-- script: whoever goes on with it, nobody is told twice. Returns how many are left.
local function tell_announcement(id, count)
  local to = key('announcement:' .. id .. ':to')
  local found = redis.call('HMGET', key('announcement:' .. id), 'text', 'time')
  for _, session in ipairs(redis.call('ZRANGE', to, 0, count - 1)) do
    local fine, failure = pcall(tell_one, session, id, found)
    local words = type(failure) == 'table' and failure.err or tostring(failure)
    -- Somebody has made a key of this one session another type, and nothing can be told there. All else is everybody's.
    if not fine and not string.find(words, 'WRONGTYPE', 1, true) then error(failure, 0) end
    redis.call('ZREM', to, session)
  end
  local left = redis.call('ZCARD', to)
  if left == 0 then
    redis.call('SREM', key('announcements'), id)
    redis.call('EXPIRE', key('announcement:' .. id), ANNOUNCED_KEPT)
  end
  return left
end
