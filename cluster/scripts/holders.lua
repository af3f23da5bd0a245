-- R3: who holds sessions now; asked when notices of it may have been missed.
-- ARGV[6…] sessions   Reply: 'ok', claim, taken µs, '', … in the order asked; '-', now, how for one that was ended
if wrong_term() then return {'recover'} end
local reply = {'ok'}
for i = 6, #ARGV do
  local row = redis.call('HMGET', key('session:' .. ARGV[i]), 'claim', 'taken')
  concat(reply, {row[1] or '-', row[2] or int(MICROS), row[1] and '' or how_ended(ARGV[i])})
end
return reply
