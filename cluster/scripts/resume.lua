-- include: membership
-- R3: a connection takes an existing session by its token; the former connection is fenced from here on.
-- ARGV[6] session  [7] new claim  [8] token hash  [9] highest n whose outcome the client knows  [10] address
-- Reply: 'ok', since ms, last n, rooms, taken µs, nickname as shown, as compared, log, top, owed after, …
--   | 'no', 'resume_refused', ''
local session, claim, token, known, address = unpack(ARGV, 6, 10)

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
local row = redis.call('HMGET', key('session:' .. session), 'token', 'node', 'n', 'rooms', 'nick', 'mapped', 'since', 'claim')
if not row[1] or row[1] ~= token then return {'no', 'resume_refused', ''} end
local former, rooms, nick = row[2], row[4], row[5]
-- After a rewind the row may have forgotten an n that was consumed; the client has not.
local n = int(math.max(tonumber(row[3]), tonumber(known)))
redis.call('HSET', key('session:' .. session), 'claim', claim, 'taken', int(MICROS), 'n', n, 'address', address)
if former ~= NODE then redis.call('SREM', key('node:' .. former .. ':sessions'), session) end
set_here(session, nick)
if row[8] ~= claim then tell_taken(former, session, claim) end
local reply = concat({'ok', row[7], n, rooms, int(MICROS), nick, row[6]}, positions(session, rooms))
announce()
return reply
