-- include: naming mail membership banning
-- An operator lifts a ban.
-- ARGV[6] 'nick:<as compared>' | 'net:<network>'   Reply: 'ok', 1 if there was one
local shut = closed()
if shut then return shut end
for skeleton in string.gmatch(redis.call('HGET', key('ban:' .. ARGV[6]), 'skeletons') or '', '%S+') do
  local look = key('ban:look:' .. skeleton)
  if 'nick:' .. (redis.call('GET', look) or '') == ARGV[6] then redis.call('DEL', look) end
end
local there = redis.call('DEL', key('ban:' .. ARGV[6]))
redis.call('ZREM', key('bans'), ARGV[6])
bans_changed()
announce()
return {'ok', there}
