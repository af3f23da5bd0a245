-- include: seeing
-- ARGV[6] the session that asks ('': none; left out: an operator)   Reply: 'ok', room, how many members, …
local shut = closed()
if shut then return shut end
local reply = {'ok'}
for _, room in ipairs(redis.call('SMEMBERS', key('rooms'))) do
  if may_know(room, ARGV[6]) then
    concat(reply, {room, int(redis.call('HLEN', key('room:' .. room .. ':members')))})
  end
end
return reply
