-- include: naming
-- A password was right: its try does not count. Where it was hashed by former rules, it is kept by the present ones.
-- ARGV[6] nickname as compared  [7] whose tries it counts among  [8] the hash that it fits  [9] its new hash, '': the same
-- Reply: 'ok'
local compared, whose, hash, renewed = unpack(ARGV, 6, 9)

local shut = closed()
if shut then return shut end
local tries = key('tries:' .. whose)
if redis.call('EXISTS', tries) == 1 then
  if redis.call('HINCRBY', tries, 'count', -1) <= 0 then redis.call('DEL', tries) else redis.call('HDEL', tries, 'until') end
end
local account = account_of(compared)
if renewed ~= '' and account and account.hash == hash then
  -- Somebody else may have shown the password, too, by the hash that there was, and not have the nickname yet.
  redis.call('HSET', key('account:' .. compared), 'hash', renewed, 'former', hash)
end
return {'ok'}
