-- The bans, as each node keeps them; asked with each heartbeat.
-- ARGV[6] version that is known already; '': none
-- Reply: 'ok', version, now ms; and, unless that version is known: what ('nick:…', 'net:…'), until ms (0: for good), why, …
if wrong_term() then return {'recover'} end
local version = EPOCH .. ':' .. (redis.call('GET', key('bans:version')) or '0')
local reply = {'ok', version, int(NOW)}
if version == ARGV[6] then return reply end
for _, what in ipairs(redis.call('ZRANGEBYSCORE', key('bans'), int(NOW), '+inf')) do
  local found = redis.call('HMGET', key('ban:' .. what), 'until', 'reason')
  if found[1] then concat(reply, {what, found[1], found[2] or ''}) end
end
return reply
