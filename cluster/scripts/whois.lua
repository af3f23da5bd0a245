-- Who holds a nickname.
-- ARGV[6] nickname, as compared
-- Reply: 'ok', nickname as shown, session, node, state, 1 if away by choice, what he says of it, since ms, rooms, client
--   | 'no', 'no_such_nick', ''
local shut = closed()
if shut then return shut end
local session = redis.call('GET', key('nick:' .. ARGV[6]))
local row = session and redis.call('HMGET', key('session:' .. session), 'nick', 'node', 'state', 'gone', 'since', 'rooms',
  'client')
if not row or not row[1] then return {'no', 'no_such_nick', ''} end
return {'ok', row[1], session, string.match(row[2], '^[^/]*'), row[3], row[4] and 1 or 0, row[4] or '', row[5],
  row[6], row[7] or ''}
