-- include: naming mail membership announcing
-- An operator says something to everybody who is in the cluster now, or in one room. Asked again under the same id it
-- goes on where it was; what is left when nobody asks again the nodes tell (reap.lua).
-- ARGV[6] id  [7] '#room' or ''  [8] text  [9] how many sessions are told by this run at most
-- Reply: 'ok', how many are to be told still, how many there were | 'no', 'no_such_room', ''
local id, room, text, count = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])

local shut = closed()
if shut then return shut end
local about = key('announcement:' .. id)
local is_new = redis.call('EXISTS', about) == 0

local function begin()
  local to, sets = key('announcement:' .. id .. ':to'), {key('absent')}
  for _, node in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do sets[#sets + 1] = key('node:' .. node .. ':sessions') end
  local all = redis.call('ZUNIONSTORE', to, #sets, unpack(sets))
  redis.call('HSET', about, 'text', text, 'time', int(NOW), 'sessions', int(all))
  redis.call('SADD', key('announcements'), id)
end

local function say_in_room()
  settle(room)
  -- Asked again after a rewind that took it, it may have been brought back.
  if not brought_back(room, '*' .. id, 1) then
    append_entry(room, key('room:' .. room .. ':log'), announcement_entry(id, text, int(NOW)))
  end
  redis.call('HSET', about, 'text', text, 'time', int(NOW), 'sessions', redis.call('HLEN', key('room:' .. room .. ':members')))
  redis.call('EXPIRE', about, ANNOUNCED_KEPT)
end

local left = 0
if room ~= '' then
  if redis.call('SISMEMBER', key('rooms'), room) == 0 then return {'no', 'no_such_room', ''} end
  if is_new then say_in_room() end
else
  if is_new then begin() end
  left = tell_announcement(id, count)
end
announce()
return {'ok', left, tonumber(redis.call('HGET', about, 'sessions'))}
