-- R5: opens a term for this life of the data, unless another node has done so. One node wins.
-- ARGV[1] and [2] as ever, of which [1] is '' ; ARGV[6] run id and replication id as '<run id>:<replication id>'
-- ARGV[7] nonce for the new term  [8] the schema that this node knows
-- Reply: 'ok', term, 1 if this call opened it | 'schema', the newer schema found
local server, nonce, schema = ARGV[6], ARGV[7], tonumber(ARGV[8])

local found = tonumber(redis.call('GET', key('schema')) or '0')
if found > schema then return {'schema', int(found)} end
local term = redis.call('HMGET', KEYS[1], 'server', 'term', 'state')
if term[1] == server and term[3] == 'open' then return {'ok', term[2], 0} end
local opened = server .. ':' .. nonce
redis.call('SET', key('schema'), int(schema))
redis.call('HSET', KEYS[1], 'server', server, 'term', opened, 'state', 'open', 'opened', int(NOW),
  'hold', int(NOW + LEASE + GRACE), 'beat', int(NOW), 'lease', int(LEASE), 'opener', NODE)
return {'ok', opened, 1}
