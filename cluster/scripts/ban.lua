-- include: naming mail membership banning
-- An operator bans a nickname, and ends the session that has it; or an address, of which each node sees to its own
-- connections. A ban that is there is replaced.
-- ARGV[6] 'nick:<as compared>' | 'net:<network>'  [7] as a person writes it  [8] for how long, ms; 0: for good
-- ARGV[9] why, one line, may be empty  [10] the nickname's skeletons: what looks like it is kept out too
-- Reply: 'ok', until when, ms (0: for good), nickname whose session was ended ('': none), its node, here | away, rooms
local what, shown, length, why = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]

local shut = closed()
if shut then return shut end
local ban, ends = key('ban:' .. what), length > 0 and NOW + length or 0
local nick, skeletons = string.match(what, '^nick:(.*)$'), ARGV[10]
redis.call('HSET', ban, 'shown', shown, 'since', int(NOW), 'until', int(ends), 'reason', why)
if ends > 0 then redis.call('PEXPIREAT', ban, int(ends)) else redis.call('PERSIST', ban) end
if nick then
  redis.call('HSET', ban, 'skeletons', skeletons)
  for skeleton in string.gmatch(skeletons, '%S+') do
    redis.call('SET', key('ban:look:' .. skeleton), nick)
    if ends > 0 then redis.call('PEXPIREAT', key('ban:look:' .. skeleton), int(ends)) end
  end
end
redis.call('ZADD', key('bans'), ends > 0 and int(ends) or '+inf', what)
bans_changed()
local session = nick and redis.call('GET', key('nick:' .. nick))
local row = session and redis.call('HMGET', key('session:' .. session), 'nick', 'node', 'state', 'rooms')
if row and row[1] then finish(session, 'banned ' .. int(ends) .. (why ~= '' and ' ' .. why or '')) end
announce()
if not row or not row[1] then return {'ok', int(ends), '', '', '', ''} end
return {'ok', int(ends), row[1], string.match(row[2], '^[^/]*'), row[3], row[4]}
