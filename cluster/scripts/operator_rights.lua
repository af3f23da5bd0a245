-- include: naming mail membership
-- An operator overrides who may do what in a room: `owner` gives it to who is in it under that nickname, `open` ends all
-- guards, invitations, mutes and removals. The owner stays otherwise.
-- ARGV[6] room  [7] owner, open; '': only tells  [8] nickname as compared
-- Reply: 'ok', the owner's id and nickname ('': nobody), guards, how many are invited, muted, removed, 1 if there are members
--   | 'no', 'no_such_room', '' | 'no', 'not_member', ''
local room, act, compared = ARGV[6], ARGV[7], ARGV[8]
local where = rights.where(room)

local shut = closed()
if shut then return shut end
local there = redis.call('EXISTS', key('room:' .. room .. ':members'))
if there == 0 and redis.call('EXISTS', where) == 0 then return {'no', 'no_such_room', ''} end
if act == 'owner' then
  local session = redis.call('GET', key('nick:' .. compared))
  if not session or not is_member_of(room, session) then return {'no', 'not_member', ''} end
  rights.give(room, session)
  rights.tell(session, 'owner', room, '', '')
elseif act == 'open' then
  for _, field in ipairs(redis.call('HKEYS', where)) do
    if field ~= 'owner' and field ~= 'nick' and field ~= 'version' then redis.call('HDEL', where, field) end
  end
end
if act ~= '' then rights.changed(room) end
announce()
local owner = rights.owner(room)
local nick = owner and (redis.call('HGET', key('session:' .. owner), 'nick') or redis.call('HGET', where, 'nick')) or ''
local counts, seen, found = {invited = 0, muted = 0, removed = 0}, {}, redis.call('HGETALL', where)
for i = 1, #found, 2 do
  local kind = string.match(found[i], '^(%a+):')
  local person = kind and kind .. found[i + 1] -- one person's fields have one value
  if counts[kind] and not seen[person] then counts[kind] = counts[kind] + 1 end
  seen[person or ''] = true
end
local guards = redis.call('HGET', where, 'guards') or ''
return {'ok', owner or '', nick, guards, counts.invited, counts.muted, counts.removed, there}
