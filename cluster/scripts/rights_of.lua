-- include: naming mail membership
-- What nodes remember of rooms' rights (R5), for one who has missed a change.
-- ARGV[6…] rooms   Reply: 'ok', version ('' if there never were any), 'field value' lines ('' if there are none), …
local shut = closed()
if shut then return shut end
local reply = {'ok'}
for i = 6, #ARGV do
  local version = string.match(redis.call('HGET', base(ARGV[i]) .. ':meta', 'rights') or '', '^%d+')
  concat(reply, {version or '', (snapshot(rights.where(ARGV[i])))})
end
return reply
