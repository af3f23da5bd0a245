-- Everybody who is on-line: whom a node has, and who is absent. The hash `presence` is for people: it has no sessions.
-- ARGV[6] at most so many   Reply: 'ok', nickname, session, node, state, 1 if away by choice, …
local shut = closed()
if shut then return shut end
local reply, seen, room_left = {'ok'}, {}, tonumber(ARGV[6])

local function tell(sessions)
  for _, session in ipairs(sessions) do
    if room_left == 0 then return end
    -- One that moved a moment ago may stand under two nodes.
    local row = not seen[session] and redis.call('HMGET', key('session:' .. session), 'nick', 'node', 'state',
      'gone')
    seen[session] = true
    if row and row[1] then
      concat(reply, {row[1], session, string.match(row[2], '^[^/]*'), row[3], row[4] and 1 or 0})
      room_left = room_left - 1
    end
  end
end

for _, node in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
  tell(redis.call('SMEMBERS', key('node:' .. node .. ':sessions')))
end
tell(redis.call('ZRANGE', key('absent'), 0, -1))
return reply
