-- include: naming mail membership
-- The user is away by his own choice, or here again: nothing to do with his connection, and not ended by its end.
-- ARGV[6] session  [7] claim  [8] '1': away, '': here  [9] what he says of it   Reply: 'ok', 1 if it changed anything
local session, claim, gone, text = unpack(ARGV, 6, 9)

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
local row, reply = owned(session, claim, {'nick', 'rooms', 'gone'})
if not row then return reply end
if row[6] == (gone == '1' and text) then return {'ok', 0} end
if gone == '1' then
  redis.call('HSET', key('session:' .. session), 'gone', text)
else
  redis.call('HDEL', key('session:' .. session), 'gone')
end
tell_words(session, row[4], row[5], gone == '1' and 'gone' or 'here', text)
announce()
return {'ok', 1}
