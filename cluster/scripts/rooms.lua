-- Reply: 'ok', room, how many members, …
local shut = closed()
if shut then return shut end
local reply = {'ok'}
for _, room in ipairs(redis.call('SMEMBERS', key('rooms'))) do
  concat(reply, {room, int(redis.call('HLEN', key('room:' .. room .. ':members')))})
end
return reply
