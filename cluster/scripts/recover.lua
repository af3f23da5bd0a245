-- include: remembering
-- R5: opens a term for this life of the data, unless another node has done so. One node wins.
-- ARGV[1] and [2] as ever, of which [1] is '' ; ARGV[6] run id and replication id as '<run id>:<replication id>'
-- ARGV[7] nonce for the new term  [8] the schema that this node knows  [9] ids of the nodes that this one last saw
--   alive in a former term, with commas; '' if it has been in none
-- Reply: 'ok', term, 1 if this call opened it | 'schema', the newer schema found
local server, nonce, schema, awaited = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]

local found = tonumber(redis.call('GET', key('schema')) or '0')
if found > schema then return {'schema', int(found)} end
local term = redis.call('HMGET', KEYS[1], 'server', 'term', 'state', 'beat')
if term[1] == server and term[2] and (term[3] == 'open' or term[3] == 'recovering') then return {'ok', term[2], 0} end

-- Whom this node knows to be alive, and whom the data does: either may know somebody whom the other doesn't, and a
-- node that has been in no term knows nobody. Data that know of no term may be those of a new cluster, or have just
-- been deleted: whoever was alive then still listens.
local ids, seen = {}, {}
local function await(id)
  if not seen[id] then ids[#ids + 1] = id end
  seen[id] = true
end
for id in string.gmatch(awaited, '[^,]+') do await(id) end
local beat, boots = tonumber(term[4] or '0'), {}
for _, node in ipairs(redis.call('ZRANGEBYSCORE', key('nodes'), int(beat - LEASE), '+inf')) do
  await(string.match(node, '^[^/]*'))
  if redis.call('HGET', key('node:' .. node), 'recalls') == '1' then boots[#boots + 1] = node end
end
local own = string.match(NODE, '^[^/]*')
local function await_listeners()
  local channels = PREFIX .. 'node:'
  for _, channel in ipairs(redis.pcall('PUBSUB', 'CHANNELS', '*node:*')) do
    local id = string.match(string.sub(channel, #channels + 1), '^([^/]*)/')
    if id and id ~= own and string.sub(channel, 1, #channels) == channels then await(id) end
  end
end
if not term[1] then await_listeners() end
awaited = table.concat(ids, ',')
local opened = server .. ':' .. nonce
redis.call('SET', key('schema'), int(schema))
redis.call('HSET', KEYS[1], 'server', server, 'term', opened, 'state', 'open', 'opened', int(NOW),
  'hold', int(NOW + LEASE + GRACE), 'beat', int(NOW), 'lease', int(LEASE), 'opener', NODE)
redis.call('HDEL', KEYS[1], 'awaited', 'until')
EPOCH = nonce
note_expected(table.concat(boots, ','), beat)
if not term[1] then note_older() end
if awaited ~= '' then
  redis.call('HSET', KEYS[1], 'state', 'recovering', 'awaited', awaited, 'until', int(NOW + math.floor(LEASE / 2)))
end
return {'ok', opened, 1}
