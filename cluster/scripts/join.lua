-- include: naming mail membership
-- R3: ARGV[6] session  [7] claim  [8] room  [9] ticket  [10] rooms that one session may be in  [11] members of one room
-- ARGV[12] rooms in all  [13] digest of the room's key, or ''
-- Reply: 'ok', offset of the joined entry (or the top, if it was a member), time ms, 1 if it changed anything,
--   where the present life of the log began
--   | 'no', 'too_many_rooms', the limit | 'no', 'room_full', the limit | 'no', 'too_many_rooms_in_all', the limit
--   | 'no', 'removed', '' | 'no', 'not_invited', '' | 'no', 'wrong_key', '' | …
local session, claim, room, ticket, limit = ARGV[6], ARGV[7], ARGV[8], ARGV[9], tonumber(ARGV[10])

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
settle(room)
local row, reply = owned(session, claim, {'nick', 'rooms', 'did'})
if not row then return reply end
local done = done_before(row[6], ticket)
if done then return concat(done, {turned(room)}) end
if contains(row[5], room) and redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1 then
  return {'ok', int(settle(room)), int(NOW), 0, turned(room)}
end
local count = 0
each_room(row[5], function() count = count + 1 end)
if count >= limit then return {'no', 'too_many_rooms', int(limit)} end
local is_new = redis.call('EXISTS', key('room:' .. room .. ':members')) == 0
if is_new then rights.clear_up(room) end
local barred = rights.barred(room, session, ARGV[13] or '')
if barred then return barred end
-- Who is told as a member still, after a rewind, takes no place.
if redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 0 then
  local members = redis.call('HLEN', key('room:' .. room .. ':members'))
  if members >= tonumber(ARGV[11]) then return {'no', 'room_full', ARGV[11]} end
  if members == 0 and redis.call('SCARD', key('rooms')) >= tonumber(ARGV[12]) then
    return {'no', 'too_many_rooms_in_all', ARGV[12]}
  end
end
local offset, rooms = enter(room, session, row[4], row[5])
if is_new and room ~= '#lobby' then rights.found(room, session) end
note_done(session, ticket, offset, rooms)
announce()
return {'ok', offset, int(NOW), 1, turned(room)}
