-- include: membership banning
-- R3: creates a session under a free nickname and lets it join the lobby. Running it again changes nothing.
-- ARGV[6] session  [7] claim  [8] nickname as shown  [9] as compared  [10] token hash  [11] address  [12] client
-- ARGV[13…] other nicknames, as compared, to propose when it is taken
-- Reply: 'ok', since ms, last n, rooms, taken µs, log, offset, where its present life began, … | 'no', 'nick_taken', index of the free proposal
--   (0: none) | 'no', 'session_exists', '' (begun by an earlier hello that was never answered: to be resumed)
--   | 'no', 'resume_refused', '' (… and over by now) | 'no', 'kicked', why (… by an operator)
--   | 'no', 'banned', '<until ms, 0: for good> <why>'. The offsets are those at which the session began, also when
--   it is asked again.
local session, claim, nick, compared, token, address, client = unpack(ARGV, 6, 12)

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
local row = redis.call('HMGET', key('session:' .. session), 'claim', 'since', 'n', 'began', 'taken')
if row[1] == claim then
  set_here(session, nick) -- a recovery in between took it for a ghost
  return {'ok', row[2], row[3], '#lobby', row[5], '@' .. session, '0', 0, '#lobby', row[4], turned('#lobby')}
end
if row[1] then return {'no', 'session_exists', ''} end
if how_ended(session) ~= '' then return refuse_ended(session) end
local barred = banned(compared)
if barred then return barred end
if redis.call('EXISTS', key('nick:' .. compared)) == 1 then
  for i = 13, #ARGV do
    if redis.call('EXISTS', key('nick:' .. ARGV[i])) == 0 and not banned(ARGV[i]) then return {'no', 'nick_taken', int(i - 13 + 1)} end
  end
  return {'no', 'nick_taken', '0'}
end
local offset, rooms = enter('#lobby', session, nick, '')
redis.call('HSET', key('session:' .. session), 'nick', nick, 'mapped', compared, 'claim', claim, 'taken', int(MICROS),
  'token', token, 'n', '0', 'rooms', rooms, 'since', int(NOW), 'began', offset, 'address', address,
  'client', client)
redis.call('SET', key('nick:' .. compared), session)
set_here(session, nick)
announce()
return {'ok', int(NOW), '0', rooms, int(MICROS), '@' .. session, '0', 0, '#lobby', offset, turned('#lobby')}
