-- R5: who was alive when the former life of the data ended, and has brought into this one what it remembers: in front of
-- scripts that note it or ask for it.
--
-- Fields of `term`, each '<epoch> …', so that what an earlier term has left means nothing:
-- `expected`: '<epoch> <ms> <boot>,…', boots that were alive at a heartbeat of the former life, the latest that anybody knows
-- `brought`: '<epoch> <boot>,…', those of this life who have brought what they have
-- `older`: '<epoch>', the data lack something that somebody has seen

local function noted(field)
  local epoch, words = string.match(redis.call('HGET', KEYS[1], field) or '', '^(%S+) ?(.*)$')
  return epoch == EPOCH and words or nil
end

local function merged(list, boots)
  for boot in string.gmatch(boots, '[^,]+') do
    if not contains(list, boot) then list = list == '' and boot or list .. ',' .. boot end
  end
  return list
end

-- `at`: the time of that heartbeat. Who was cut off for longer than a lease doesn't know who was alive at the end.
local function note_expected(boots, at)
  local latest, list = string.match(noted('expected') or '', '^(%d+) ?(.*)$')
  latest = tonumber(latest or '0')
  if boots == '' or at < latest - LEASE then return end
  list = at > latest + LEASE and boots or merged(list or '', boots)
  redis.call('HSET', KEYS[1], 'expected', table.concat({EPOCH, int(math.max(at, latest)), list}, ' '))
end

local function note_brought()
  redis.call('HSET', KEYS[1], 'brought', EPOCH .. ' ' .. merged(noted('brought') or '', NODE))
end

local function note_older()
  if not noted('older') then redis.call('HSET', KEYS[1], 'older', EPOCH) end
end

-- Whether another boot runs in its place.
local function is_replaced(boot)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', key('nodes'), int(NOW - LEASE), '+inf')) do
    if other ~= boot and string.match(other, '^[^/]*') == string.match(boot, '^[^/]*') then return true end
  end
  return false
end

-- Whether somebody who was alive at the end of the former life has not brought what only he may remember. Second: whether he
-- may come yet, though nobody waits: who opened the term may have known of nobody.
local function lacks_memory()
  local brought, lacks, is_waiting = noted('brought') or '', false, false
  local in_time = NOW < tonumber(redis.call('HGET', KEYS[1], 'opened') or '0') + math.floor(LEASE / 2)
  for boot in string.gmatch(string.match(noted('expected') or '', '^%d+ (.*)$') or '', '[^,]+') do
    if not contains(brought, boot) then lacks, is_waiting = true, is_waiting or (in_time and not is_replaced(boot)) end
  end
  return lacks, is_waiting
end
