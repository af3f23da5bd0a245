-- R3: what a session has taken of its buckets, for the node that takes it over. publish.lua notes the one of messages.
-- ARGV[6] session  [7] claim  [8] ms until its bucket of joins is whole again, '' only to ask
-- Reply: 'ok', ms until its bucket of messages is whole, the same of joins
local session, claim, ahead = ARGV[6], ARGV[7], ARGV[8]

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
local row, reply = owned(session, claim, {'messages_whole', 'joins_whole'})
if not row then return reply end
local messages, joins = tonumber(row[4] or '0'), tonumber(row[5] or '0')
if ahead ~= '' then
  joins = NOW + tonumber(ahead)
  redis.call('HSET', key('session:' .. session), 'joins_whole', int(joins))
end
return {'ok', int(math.max(0, messages - NOW)), int(math.max(0, joins - NOW))}
