-- Reply: 'ok', room, how many members, …
if wrong_term() then return {'recover'} end
local reply = {'ok'}
for _, room in ipairs(redis.call('SMEMBERS', key('rooms'))) do
  concat(reply, {room, int(redis.call('HLEN', key('room:' .. room .. ':members')))})
end
return reply
