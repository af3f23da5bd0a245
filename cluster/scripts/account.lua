-- include: naming
-- What a password is to be compared with. Each question counts as a wrong try of its address, until `admitted` says
-- that it was a right one; after some of them the next has to wait, each time longer.
-- ARGV[6] nickname as compared  [7] whose tries it counts among (an address, or a network of them)
-- Reply: 'ok', id, hash ('', '': it isn't registered) | 'no', 'rate_limited', ms after which to ask again
local FREE, FIRST, WORST, KEPT = 10, 1000, 60000, 900000 -- tries; ms

local shut = closed()
if shut then return shut end
local tries = key('tries:' .. ARGV[7])
local before = tonumber(redis.call('HGET', tries, 'until') or '0')
if NOW < before then return {'no', 'rate_limited', int(before - NOW)} end
local count = redis.call('HINCRBY', tries, 'count', 1)
if count >= FREE then
  redis.call('HSET', tries, 'until', int(NOW + math.min(WORST, FIRST * 2 ^ math.min(count - FREE, 20))))
end
redis.call('PEXPIRE', tries, KEPT)
local account = account_of(ARGV[6])
return {'ok', account and account.id or '', account and account.hash or ''}
