-- include: naming mail membership announcing
-- An operator changes what a room is about, with its entry, as set_topic.lua does for a member. One that is so already
-- is not told again.
-- ARGV[6] id  [7] room  [8] text, '' for none   Reply: 'ok', 1 if it changed anything | 'no', 'no_such_room', ''
local id, room, text = ARGV[6], ARGV[7], ARGV[8]

local shut = closed()
if shut then return shut end
if redis.call('SISMEMBER', key('rooms'), room) == 0 then return {'no', 'no_such_room', ''} end
settle(room)
if (redis.call('HGET', base(room) .. ':meta', 'topic') or '') == text then return {'ok', 0} end
append_room(room, 'topic', '*' .. id, SPEAKER, text)
note_topic(room, SPEAKER, NOW, text)
announce()
return {'ok', 1}
