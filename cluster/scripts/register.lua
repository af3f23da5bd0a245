-- include: remembering
-- R4: a node's boot begins, or goes on in a new term. Older boots under the same id lose their lease at once.
-- ARGV[6] '1' when this boot was registered before: then it has sessions, and may have slept through their end
-- ARGV[7] the boots that were alive at our last heartbeat in the former term, with commas; '': we were in none  [8] its time
-- Reply: 'ok' | 'late' | 'superseded'
if wrong_term() then return {'recover'} end
if ARGV[6] == '1' then
  if superseded() then return {'superseded'} end
  local score = tonumber(redis.call('ZSCORE', key('nodes'), NODE) or '-1')
  local outage, hold = on_hold()
  if NOW - score > LEASE and (lapsed() or not (outage or hold)) then return {'late'} end
end
local beaten = tonumber(ARGV[8])
note_expected(ARGV[7], beaten)
if ARGV[6] == '1' and beaten > tonumber(redis.call('ZSCORE', key('nodes'), NODE) or '0') then note_older() end
local id = string.match(NODE, '^[^/]*')
for _, other in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
  if other ~= NODE and string.match(other, '^[^/]*') == id then
    local score = tonumber(redis.call('ZSCORE', key('nodes'), other))
    redis.call('ZADD', key('nodes'), int(math.min(score, NOW - LEASE - 1)), other)
  end
end
redis.call('ZADD', key('nodes'), int(NOW), NODE)
-- Who comes with sessions while others are awaited is awaited as well, though nobody knew of it.
if ARGV[6] == '1' and recovering() then
  local awaited = redis.call('HGET', KEYS[1], 'awaited') or ''
  if not contains(awaited, id) then redis.call('HSET', KEYS[1], 'awaited', awaited .. ',' .. id) end
end
return {'ok'}
