-- include: naming mail membership
-- R3: what the owner of a room does in it. Asked again under the same ticket nothing is done twice.
-- ARGV[6] session  [7] claim  [8] room  [9] ticket  [10] invite, remove, mute, unmute, owner, guard; tell: only tells
-- ARGV[11] nickname as compared  [12] why; of `guard` the changes, as '+private -topic'  [13] digest of a new key, or ''
-- ARGV[14] salt for it
-- Reply: 'ok', the owner's nickname, 1 if that is the session, guards, what it is itself ('invited', 'muted', ''),
--   nicknames that are invited, muted, removed (to the owner alone), 1 if anything was changed
--   | 'no', 'not_member', '' | 'no', 'not_owner', '' | 'no', 'no_such_nick', ''
local session, claim, room, ticket, act, compared, words, digest, salt = unpack(ARGV, 6, 14)
local where = rights.where(room)

local function listed(kind)
  local nicks, seen, found = {}, {}, redis.call('HGETALL', where)
  for i = 1, #found, 2 do
    local nick = string.match(found[i], '^(%a+):') == kind and string.match(found[i + 1], '^%d+ %S+ (%S+)$')
    if nick and not seen[nick] then nicks[#nicks + 1] = nick end
    seen[nick or ''] = true
  end
  table.sort(nicks)
  return table.concat(nicks, ',')
end

local function view(changed)
  local owner, own = rights.owner(room), rights.is_owner(room, session)
  local nick = owner and (redis.call('HGET', key('session:' .. owner), 'nick') or redis.call('HGET', where, 'nick'))
  local is = not own and (rights.has(room, 'muted', session) and 'muted' or rights.has(room, 'invited', session) and 'invited')
  local reply = {'ok', nick or '', own and 1 or 0, redis.call('HGET', where, 'guards') or '', is or ''}
  for i, kind in ipairs({'invited', 'muted', 'removed'}) do reply[5 + i] = own and listed(kind) or '' end
  reply[9] = changed and 1 or 0
  return reply
end

-- Who is meant: session (nil: not here), ids, nickname's id, nickname as compared, as shown; nil: nobody is.
local function meant()
  local other = redis.call('GET', key('nick:' .. compared))
  if other then return other, rights.ids(other) end
  local account = account_of(compared)
  if account then return nil, {'account:' .. account.id}, '@' .. compared, compared, compared end
  return nil, {}
end

local function put_out(other, nick)
  local offset = exit_room(room, other, nick, words == '' and 'removed' or 'removed ' .. words)
  local kept = {}
  each_room(redis.call('HGET', key('session:' .. other), 'rooms'), function(each)
    if each ~= room then kept[#kept + 1] = each end
  end)
  redis.call('HSET', key('session:' .. other), 'rooms', table.concat(kept, ','))
  note_parted(other, room, EPOCH .. ' ' .. offset)
end

local by -- the owner's own nickname
local acts = {}

function acts.invite(other, ids, name, mapped_nick, nick)
  local back = rights.unname(room, 'removed', ids, name, compared)
  if not nick then return back or nil end
  if any_there(where, fields_of('invited', ids)) or (other and is_member_of(room, other)) then return back end
  rights.name(room, 'invited', ids, nil, mapped_nick, nick)
  if other then rights.tell(other, 'invited', room, by, words) end
  return true
end

function acts.remove(other, ids, name, mapped_nick, nick)
  if not nick then return nil end
  if other and is_member_of(room, other) then put_out(other, nick) end
  rights.unname(room, 'invited', ids, name, compared)
  rights.name(room, 'removed', ids, name, mapped_nick, nick)
  return true
end

function acts.mute(other, ids, name, mapped_nick, nick)
  if not nick then return nil end
  if any_there(where, fields_of('muted', ids)) then return false end
  rights.name(room, 'muted', ids, name, mapped_nick, nick)
  if other then rights.tell(other, 'muted', room, by, words) end
  return true
end

function acts.unmute(other, ids, name)
  local was = rights.unname(room, 'muted', ids, name, compared)
  if other and was then rights.tell(other, 'unmuted', room, by, words) end
  if not was and #ids == 0 then return nil end
  return was
end

function acts.owner(other)
  if not other or not is_member_of(room, other) then return nil end
  rights.give(room, other)
  rights.tell(other, 'owner', room, by, words)
  return true
end

local function set_guards()
  local before = redis.call('HMGET', where, 'guards', 'key')
  local holds, now = {}, {}
  for guard in string.gmatch(before[1] or '', '%S+') do holds[guard] = true end
  for sign, guard in string.gmatch(words, '([+-])(%S+)') do holds[guard] = sign == '+' or nil end
  for guard in pairs(holds) do now[#now + 1] = guard end
  table.sort(now)
  redis.call('HSET', where, 'guards', table.concat(now, ' '))
  if digest ~= '' then redis.call('HSET', where, 'key', salt .. ' ' .. redis.sha1hex(salt .. digest)) end
  if not holds.key then redis.call('HDEL', where, 'key') end
  return digest ~= '' or table.concat(now, ' ') ~= (before[1] or '')
end

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
settle(room)
local row, reply = owned(session, claim, {'nick', 'rooms', 'did'})
if not row then return reply end
if done_before(row[6], ticket) then return view(true) end
if not is_member_of(room, session) and not rights.is_owner(room, session) then return {'no', 'not_member', ''} end
-- Who owned it is gone, and nobody was there to tell.
if not rights.owner(room) and redis.call('HEXISTS', where, 'owner') == 1 then
  inherit(room)
  rights.changed(room)
end
if act == 'tell' then return view(false) end
if not rights.is_owner(room, session) then
  -- Who has handed it over may not know: the answer was lost, and he asks again, perhaps at another node.
  local heir = act == 'owner' and redis.call('GET', key('nick:' .. compared))
  if heir and rights.is_owner(room, heir) then return view(false) end
  return {'no', 'not_owner', ''}
end
by = row[4]
local changed
if act == 'guard' then
  changed = set_guards()
else
  local other, ids, name, mapped_nick, nick = meant()
  if other == session then return view(false) end
  changed = acts[act](other, ids, name, mapped_nick, nick)
  if changed == nil then return {'no', 'no_such_nick', ''} end
end
if changed then rights.changed(room) end
local did = table.concat({ticket, '0', int(NOW)}, ' ')
redis.call('HSET', key('session:' .. session), 'did', did)
announce()
return view(changed)
