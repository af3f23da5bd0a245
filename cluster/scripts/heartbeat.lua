-- R4: a node's proof of life. One that comes too late is refused.
-- ARGV[6…] field, value, … of the node's row
-- Reply: 'late' | 'superseded' | 'recover' | 'ok', now ms, and of each boot that is alive or still has sessions: its name,
-- its last heartbeat, its row. In one reply: whatever is asked for by itself waits for Redis once more, and the next
-- heartbeat with it.
if wrong_term() then return {'recover'} end
local outage, hold = on_hold()
local score = tonumber(redis.call('ZSCORE', key('nodes'), NODE) or '-1')

if superseded() then return {'superseded'} end
if score < 0 or (NOW - score > LEASE and (lapsed() or not (outage or hold))) then return {'late'} end
redis.call('ZADD', key('nodes'), int(NOW), NODE)
local row = key('node:' .. NODE)
redis.call('HSET', row, unpack(ARGV, 6))
redis.call('PEXPIRE', row, int(LEASE + GRACE))
redis.call('HSET', KEYS[1], 'beat', int(NOW), 'lease', int(LEASE))
if redis.call('HGET', KEYS[1], 'state') == 'recovering' and not recovering() then end_recovering() end
if outage then redis.call('HSET', KEYS[1], 'hold', int(NOW + LEASE + GRACE)) end
local reply, beats = {'ok', int(NOW)}, redis.call('ZRANGE', key('nodes'), 0, -1, 'WITHSCORES')
for i = 1, #beats, 2 do
  local found = redis.pcall('HGETALL', key('node:' .. beats[i]))
  concat(reply, {beats[i], beats[i + 1], found.err and {} or found})
end
return reply
