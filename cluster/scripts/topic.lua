-- What a room is about.
-- ARGV[6] room   Reply: 'ok', topic ('' if there is none), nickname of who set it, when (ms; 0: never)
local room = ARGV[6]
local shut = closed()
if shut then return shut end
settle(room)
local found = redis.call('HMGET', base(room) .. ':meta', 'topic', 'topic_nick', 'topic_time')
return {'ok', found[1] or '', found[2] or '', found[3] or '0'}
