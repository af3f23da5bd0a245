-- include: naming mail membership mending mending_names mending_rooms mending_sessions
-- For an operator's doctor, who has seen from outside, key by key, what may just have been changing: which of it is
-- really wrong at one moment; and, if asked to, mends that. Nothing here makes up what a session does itself.
-- ARGV[6] kind (a function of `wrong`; to mend: of `mend`; see mending.lua)  [7] look | mend  [8…] items of that kind
-- Reply: 'ok', those items that are wrong (mend: that were), …
local KIND, MENDS = ARGV[6], ARGV[7] == 'mend'

local shut = MENDS and closed()
if shut then return shut end
-- R4: who is late may still re-claim what seems to be nobody's.
if MENDS and NOW < tonumber(redis.call('HGET', KEYS[1], 'hold') or '0') then return {'wait'} end

-- A key of the wrong type is told as such, by what has read it. But who may not look must not be told that all is well.
local function judged(item)
  local fine, found = pcall(wrong[KIND], item)
  local words = fine and '' or (type(found) == 'table' and found.err or tostring(found))
  if string.find(words, 'ACL failure', 1, true) or string.find(words, 'NOPERM', 1, true)
    or string.find(words, 'user executing the script', 1, true) then error(words, 0) end
  return fine and found
end

local reply = {'ok'}
for i = 8, #ARGV do
  if judged(ARGV[i]) and (not MENDS or pcall(mend[KIND], ARGV[i])) then reply[#reply + 1] = ARGV[i] end
end
announce()
return reply
