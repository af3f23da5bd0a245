-- include: naming mail membership
-- R3: ARGV[6] session  [7] claim  [8] room  [9] ticket
-- Reply: 'ok', offset of the left entry, time ms, 1 | 'no', 'not_member', ''
local session, claim, room, ticket = ARGV[6], ARGV[7], ARGV[8], ARGV[9]

local function restored_left(parted)
  for name, epoch, offset in string.gmatch(parted or '', '([^ ,]+) (%S+) (%d+)') do
    if name == room and epoch == EPOCH then return offset end
  end
end

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
settle(room)
local row, reply = owned(session, claim, {'nick', 'rooms', 'did', 'parted', 'pending'})
if not row then return reply end
local done = done_before(row[6], ticket)
if done then return done end
if redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 0 then
  -- Done before a rewind, and restored: this is the answer that was never heard.
  local offset = contains(row[8], room) and restored_left(row[7])
  if offset then return {'ok', offset, int(NOW), 1} end
  return {'no', 'not_member', ''}
end
local offset = exit_room(room, session, row[4], 'left')
note_parted(session, room, EPOCH .. ' ' .. offset)
local kept = {}
each_room(row[5], function(name) if name ~= room then kept[#kept + 1] = name end end)
note_done(session, ticket, offset, table.concat(kept, ','))
announce()
return {'ok', offset, int(NOW), 1}
