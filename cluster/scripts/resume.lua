-- include: naming mail membership tokens banning
-- R3: a connection takes an existing session by its token; the former connection is fenced from here on.
-- ARGV[6] session  [7] new claim  [8] token hash  [9] highest n whose outcome the client knows  [10] address  [11] client
-- ARGV[12] hash of the token with which the client is to go on, '': with this one (as it does, whatever stands here, while a node of a
--   version is up that replaces none)  [13] of the one before [8], '': none
-- Reply: 'ok', since ms, last n, rooms, taken µs, nickname as shown, as compared, rooms lately left and the
--   offset of their left entry ('room offset,…'), '1' and what the user says of being away by choice ('': he isn't),
--   whose it is (as of `claim`), hashes of the tokens that count from now on ('newest other …'), log, top, owed after, where its present life began, …
--   | 'no', 'resume_refused', '' | 'no', 'token_spent', '1' (it may be a late hello of the client's own) or ''
--   | 'no', 'regained', '' | 'no', 'kicked', why | 'no', 'banned', '<until ms, 0: for good> <why>'
local session, claim, token, known, address, client, renewed, before = unpack(ARGV, 6, 13)

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
each_room(redis.call('HGET', key('session:' .. session), 'rooms'), settle) -- who was there may be told there
local row = redis.call('HMGET', key('session:' .. session), 'token', 'node', 'n', 'rooms', 'nick', 'mapped', 'since',
  'claim', 'parted', 'state', 'gone', 'open', 'spent', 'address')
if not row[1] or is_final(how_ended(session)) then return refuse_ended(session) end
local standing, spent_at = token_state(token, row[1], row[12], row[13])
if standing == 'unknown' and before ~= '' and token_state(before, row[1], row[12], row[13]) == 'good' then
  token, standing = before, 'good' -- a rewind has led back to before it was replaced
end
if standing == 'spent' then
  local host = '^(.*):%d+$'
  local late = NOW - spent_at < LATE and string.match(address, host) == string.match(row[14] or '', host)
  if not late then tell_spent(row[2], session, row[8]) end
  announce()
  return {'no', 'token_spent', late and '1' or ''}
end
if standing ~= 'good' then return {'no', 'resume_refused', ''} end
local barred = banned(row[6], '')
if barred then return barred end
-- A rewind may have brought it back after its nickname had changed hands.
local holder = redis.call('GET', key('nick:' .. row[6]))
if holder and holder ~= session then return {'no', 'resume_refused', ''} end
local former, rooms, nick = row[2], row[4], row[5]
-- After a rewind the row may have forgotten an n that was consumed; the client has not.
local n = int(math.max(tonumber(row[3]), tonumber(known)))
redis.call('HSET', key('session:' .. session), 'claim', claim, 'taken', int(MICROS), 'n', n, 'address', address,
  'client', client)
if not all_turn_tokens() then renewed = token end
local newest, open, spent = turn_token(token, renewed, row[1], row[12], row[13])
redis.call('HSET', key('session:' .. session), 'token', newest, 'open', open, 'spent', spent)
if former ~= NODE then redis.call('SREM', key('node:' .. former .. ':sessions'), session) end
set_here(session, nick)
if row[10] == 'away' then
  tell_words(session, nick, rooms, row[11] and 'gone' or 'here', row[11] or '', true)
end
if row[8] ~= claim then tell_taken(former, session, claim) end
local parted = {}
for room, epoch, offset in string.gmatch(row[9] or '', '([^ ,]+) (%S+) (%d+)') do
  settle(room)
  parted[#parted + 1] = room .. ' ' .. int((mapped(room, epoch, tonumber(offset))))
end
local reply = {'ok', row[7], n, rooms, int(MICROS), nick, row[6], table.concat(parted, ','), row[11] and '1' .. row[11] or '',
  owner_of(session), newest .. (open ~= '' and ' ' .. open or '')}
concat(reply, positions(session, rooms))
announce()
return reply
