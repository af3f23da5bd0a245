-- What addresses have taken of their buckets at all nodes. A key lives until both buckets are whole.
-- ARGV[6] address  [7] ms of its bucket of messages that were taken since it was told last  [8] the same of joins, …
-- Reply: 'ok', ms until its bucket of messages is whole, the same of joins, …
local shut = closed()
if shut then return shut end
local reply = {'ok'}
for i = 6, #ARGV, 3 do
  local name, said, joined = key('address:' .. ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local messages, joins = string.match(redis.call('GET', name) or '', '^(%d+) (%d+)$')
  messages = math.max(tonumber(messages or '0'), NOW) + said
  joins = math.max(tonumber(joins or '0'), NOW) + joined
  if said + joined > 0 then
    redis.call('SET', name, int(messages) .. ' ' .. int(joins), 'PX', int(math.max(messages, joins) - NOW))
  end
  concat(reply, {int(messages - NOW), int(joins - NOW)})
end
return reply
