-- include: naming mail membership
-- R3: changes a room's topic, with its entry. One that is so already is not told again.
-- ARGV[6] session  [7] claim  [8] room  [9] ticket  [10] text, '' for none
-- Reply: 'ok', offset of the topic entry (or the top, if nothing was changed), time ms, 1 if it changed anything
--   | 'no', 'not_member', '' | 'no', 'not_owner', '' (the owner has it so)
--   | 'no', 'muted', ''
local session, claim, room, ticket, text = unpack(ARGV, 6, 10)

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
settle(room)
local row, reply = owned(session, claim, {'nick', 'rooms', 'did'})
if not row then return reply end
local done = done_before(row[6], ticket)
if done then return done end
if redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 0 then return {'no', 'not_member', ''} end
if rights.guards(room, 'topic') and not rights.is_owner(room, session) then return {'no', 'not_owner', ''} end
if rights.has(room, 'muted', session) and not rights.is_owner(room, session) then return {'no', 'muted', ''} end
if (redis.call('HGET', base(room) .. ':meta', 'topic') or '') == text then
  return {'ok', int(settle(room)), int(NOW), 0}
end
local offset = append_room(room, 'topic', session, row[4], text)
note_topic(room, row[4], NOW, text)
note_done(session, ticket, offset, row[5])
announce()
return {'ok', offset, int(NOW), 1}
