-- Who is in a room, for one who comes in: not all of a crowd, or each who comes would cost as much as there are.
-- ARGV[6] room  [7] how many nicknames at least, if there are so many
-- Reply: 'ok', members in all, the room's topic, nickname, …
local members, limit = key('room:' .. ARGV[6] .. ':members'), tonumber(ARGV[7])
local shut = closed()
if shut then return shut end
local cursor, seen, nicks = '0', {}, {}
repeat
  local found = redis.call('HSCAN', members, cursor, 'COUNT', limit)
  local sessions, names = {}, {}
  for i = 1, #found[2], 2 do
    if not seen[found[2][i]] then
      seen[found[2][i]] = true
      sessions[#sessions + 1] = key('session:' .. found[2][i])
      names[#names + 1] = found[2][i + 1]
    end
  end
  -- One question for all of them: mostly nobody is missing.
  local all_there = #sessions > 0 and redis.call('EXISTS', unpack(sessions)) == #sessions
  for i, session in ipairs(sessions) do
    if all_there or redis.call('EXISTS', session) == 1 then nicks[#nicks + 1] = names[i] end
  end
  cursor = found[1]
until cursor == '0' or #nicks >= limit
local all = cursor == '0' and #nicks or redis.call('HLEN', members)
return concat({'ok', all, redis.call('HGET', base(ARGV[6]) .. ':meta', 'topic') or ''}, nicks)
