-- include: seeing
-- What a room is about.
-- ARGV[6] room  [7] the session that asks, as of rooms.lua
-- Reply: 'ok', topic ('' if there is none), nickname of who set it, when (ms; 0: never) | 'no', 'not_member', ''
local room = ARGV[6]
local shut = closed()
if shut then return shut end
settle(room)
if not may_know(room, ARGV[7]) then return {'ok', '', '', '0'} end
if not may_read(room, ARGV[7]) then return {'no', 'not_member', ''} end
local found = redis.call('HMGET', base(room) .. ':meta', 'topic', 'topic_nick', 'topic_time')
return {'ok', found[1] or '', found[2] or '', found[3] or '0'}
