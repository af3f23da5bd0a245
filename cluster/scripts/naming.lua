-- Whose a nickname is, and what it looks like: in front of each script that gives one to a session or takes it.
--
-- `account:<nickname as compared>`: the nickname is registered. `skeleton:<skeleton>` -> a nickname as compared: what that
-- one looks like (UTS #39), as a claim beside it. One whose nickname nobody holds nor has registered counts for nothing,
-- so that a claim which was left behind does no harm.

-- {id, hash}; nil: it isn't registered.
local function account_of(compared)
  local found = redis.call('HMGET', key('account:' .. compared), 'id', 'hash', 'former')
  if found[1] then return {id = found[1], hash = found[2] or '', former = found[3] or ''} end
end

-- Whether the password was shown: the hash that it fits is the account's, or was until it was made anew of the same one.
local function is_proof(account, hash) return hash ~= '' and (hash == account.hash or hash == account.former) end

local function each_skeleton(skeletons, act)
  for skeleton in string.gmatch(skeletons or '', '%S+') do act(key('skeleton:' .. skeleton)) end
end

-- Whether somebody has this nickname, or has registered it: not this session, nor whoever has this account.
local function is_anothers(compared, session, account)
  local holder, owner = redis.call('GET', key('nick:' .. compared)), account_of(compared)
  return (holder and holder ~= session) or (owner ~= nil and owner.id ~= account)
end

local function hold_skeletons(skeletons, compared)
  each_skeleton(skeletons, function(name)
    local other = redis.call('GET', name)
    if not other or not is_anothers(other, '', '') then redis.call('SET', name, compared) end
  end)
end

local function free_skeletons(skeletons, compared)
  if account_of(compared) then return end
  each_skeleton(skeletons, function(name)
    if redis.call('GET', name) == compared then redis.call('DEL', name) end
  end)
end

-- The other nickname for which this one could be taken; nil: none.
local function looks_like(skeletons, compared, session, account)
  local found
  each_skeleton(skeletons, function(name)
    local other = redis.call('GET', name)
    if other and other ~= compared and is_anothers(other, session, account) then found = other end
  end)
  return found
end

-- The banned nickname (as compared) that keeps this one out: itself, or one for which it could be taken; nil: none.
-- `ban:look:<skeleton>` -> such a one, as long as it is banned.
local function banned_like(compared, skeletons)
  if redis.call('EXISTS', key('ban:nick:' .. compared)) == 1 then return compared end
  local found
  for skeleton in string.gmatch(skeletons, '%S+') do
    local other = redis.call('GET', key('ban:look:' .. skeleton))
    if other and redis.call('EXISTS', key('ban:nick:' .. other)) == 1 then found = other end
  end
  return found
end

-- The session has this nickname no longer. Its row is there still.
local function free_nick(session, nick, mapped_nick)
  if redis.call('GET', key('nick:' .. mapped_nick)) ~= session then return end
  redis.call('DEL', key('nick:' .. mapped_nick))
  redis.call('HDEL', key('presence'), nick)
  free_skeletons(redis.call('HGET', key('session:' .. session), 'skeletons'), mapped_nick)
end

-- Which of the proposals from ARGV[at] on ('<as compared> <skeletons>') can be had; '0': none.
local function first_free(at, session, account)
  for i = at, #ARGV do
    local name, skeletons = string.match(ARGV[i], '^(%S+) ?(.*)$')
    local taken = is_anothers(name, session, account) or banned_like(name, skeletons)
    if not taken and not looks_like(skeletons, name, session, account) then return int(i - at + 1) end
  end
  return '0'
end

-- Sessions by which the owner of a nickname was seen: who writes to one of them means him.
local SESSIONS_KEPT = 8
local function note_owner(compared, session)
  local kept = {session}
  for each in string.gmatch(redis.call('HGET', key('account:' .. compared), 'sessions') or '', '%S+') do
    if each ~= session and #kept < SESSIONS_KEPT then kept[#kept + 1] = each end
  end
  redis.call('HSET', key('account:' .. compared), 'sessions', table.concat(kept, ' '), 'seen', int(NOW))
end

-- Whose the session is, for its node to remember: '<id of the account>[ <mail>]', '' if it is nobody's.
local function owner_of(session)
  local found = redis.call('HMGET', key('session:' .. session), 'account', 'mail')
  if (found[1] or '') == '' then return '' end
  return found[1] .. (found[2] and ' ' .. found[2] or '')
end
