-- include: membership
-- R5: a node brings a live session of its own into a new term, and says how far it knew the session's logs.
-- ARGV[6] session  [7] claim  [8] nickname as shown  [9] as compared  [10] token hash  [11] address  [12] since ms
-- ARGV[13] last n  [14] rooms  [15] here | away  [16…] log, epoch, offset, …
-- Reply: 'ok' | 'fenced' (somebody else's now) | 'recover'
local session, claim, nick, compared, token, address, since, known, rooms, state = unpack(ARGV, 6, 15)

if wrong_term() then return {'recover'} end
local row = redis.call('HMGET', key('session:' .. session), 'claim', 'epoch', 'n', 'rooms', 'node')
if row[2] == EPOCH and row[1] ~= claim then return {'fenced'} end

-- A rewind can bring back a holder whose end was forgotten. Whoever is re-claimed in this term is real.
local holder = redis.call('GET', key('nick:' .. compared))
if holder and holder ~= session then
  if redis.call('HGET', key('session:' .. holder), 'epoch') == EPOCH then return {'fenced'} end
  finish(holder, 'expired')
end

-- What is known to have been there and is not: told once, in the log, to all.
local function note_loss(log, epoch, known_top)
  if epoch == EPOCH or epoch == '' then return end
  local top = settle(log)
  local fork, lost, epoch_known = mapped(log, epoch, known_top)
  local meta = base(log) .. ':meta'
  if not epoch_known then
    local former = redis.call('HGET', meta, 'former') or ''
    redis.call('HSET', meta, 'former', former == '' and epoch .. '=0' or epoch .. '=0,' .. former)
  end
  lost = lost or fork
  if known_top <= lost then return end
  local words = table.concat({epoch, int(lost + 1), int(known_top)}, ' ')
  if string.sub(log, 1, 1) == '#' then
    append_room(log, 'gap', '', '', words)
  else
    append_inbox(string.sub(log, 2), NODE, 'gap', '', '0', '', words)
  end
  redis.call('HSET', meta, 'lost:' .. epoch, int(known_top))
end
for i = 16, #ARGV, 3 do note_loss(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])) end

each_room(row[4], function(room) redis.call('HDEL', key('room:' .. room .. ':members'), session) end)
each_room(rooms, function(room)
  redis.call('HSET', key('room:' .. room .. ':members'), session, nick)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
end)
if row[5] and row[5] ~= NODE then redis.call('SREM', key('node:' .. row[5] .. ':sessions'), session) end
local n = int(math.max(tonumber(row[3] or '0'), tonumber(known)))
redis.call('HSET', key('session:' .. session), 'nick', nick, 'mapped', compared, 'claim', claim, 'node', NODE,
  'state', 'here', 'token', token, 'n', n, 'rooms', rooms, 'since', since, 'address', address, 'epoch', EPOCH)
redis.call('HDEL', key('session:' .. session), 'until')
redis.call('ZREM', key('absent'), session)
redis.call('SET', key('nick:' .. compared), session)
redis.call('SADD', key('node:' .. NODE .. ':sessions'), session)
show_presence(nick, NODE, 'here')
if state == 'away' then set_away(session, nick, NODE, NOW + GRACE) end
announce()
return {'ok'}
