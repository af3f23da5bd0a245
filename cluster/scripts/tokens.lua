-- Resume tokens, as hashes in the session's row: in front of each script that takes or ends one.
--
-- `token`: the one given out last. `open`: 'hash …', others that still count: the ones before it, until the client is
-- known to have the newer one. `spent`: '<16 letters of the hash>:<when, ms> …', which count no more, so that who comes
-- with one is noticed.
local OPEN_KEPT, SPENT_KEPT, SPENT_LETTERS = 4, 8, 16
local LATE = 60000 -- ms in which a hello of the client's own, carried out late, may bring what it has replaced itself

-- Whether a session with these fields may be taken with the token; it is spent: when that was, ms.
local function token_state(hash, token, open, spent)
  if hash == token or contains(string.gsub(open or '', ' ', ','), hash) then return 'good' end
  for head, when in string.gmatch(spent or '', '(%S+):(%d+)') do
    if head == string.sub(hash, 1, SPENT_LETTERS) then return 'spent', tonumber(when) end
  end
  return 'unknown'
end

local function first_words(list, most) return table.concat({unpack(list, 1, most)}, ' ') end

-- The client has `hash`: of what was given out before or beside it nothing counts any more, but what is in `keep`.
-- Returns `open` and `spent` as they are from now on.
local function spend_others(hash, token, open, spent)
  local over = {}
  for each in string.gmatch(token .. ' ' .. (open or ''), '%S+') do
    if each ~= hash then over[#over + 1] = string.sub(each, 1, SPENT_LETTERS) .. ':' .. int(NOW) end
  end
  for each in string.gmatch(spent or '', '%S+') do over[#over + 1] = each end
  return '', first_words(over, SPENT_KEPT)
end

-- The session is taken with `hash`, and the client is to go on with `renewed` ('': with this one). A token that was
-- given out alone shows by coming that it arrived. Returns `token`, `open`, `spent` as they are from now on.
local function turn_token(hash, renewed, token, open, spent)
  -- The newest one proves that the ones before it are not needed; an older one that its own answer may be on its way yet.
  if hash == token then open, spent = spend_others(hash, token, open, spent) end
  if renewed == '' then return token, open or '', spent or '' end
  local still, known = {}, {[renewed] = true}
  for each in string.gmatch(hash .. ' ' .. token .. ' ' .. (open or ''), '%S+') do
    if not known[each] then still[#still + 1] = each end
    known[each] = true
  end
  return renewed, first_words(still, OPEN_KEPT), spent or ''
end

-- Nodes of versions that replace no tokens know the one in `token` alone: who had lost the welcome with it was a stranger
-- there. `access` is in the rows of all that know the others.
local function all_turn_tokens()
  for _, boot in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
    local row = redis.call('HMGET', key('node:' .. boot), 'id', 'access')
    if row[1] and not row[2] then return false end
  end
  return true
end
