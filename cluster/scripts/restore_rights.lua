-- include: naming mail membership
-- R5: what a node remembers of a room's rights, before anybody is let in. What was changed more often is the later one.
-- ARGV[6] room  [7] version  [8] 'field value' lines, '' for none   Reply: 'ok', 1 if the data lacked it
local room, version = ARGV[6], tonumber(ARGV[7])

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
local where, known = rights.where(room), redis.call('HGET', base(room) .. ':meta', 'rights') or ''
if version <= tonumber(string.match(known, '^%d+') or '0') then return {'ok', 0} end
redis.call('DEL', where)
for field, value in string.gmatch(ARGV[8], '(%S+) ([^\n]*)') do redis.call('HSET', where, field, value) end

-- Another node may have re-claimed before us somebody of whom it had not heard that he was removed.
local function put_out(session)
  if not is_member_of(room, session) then return end
  drop_member(room, session)
  local kept = {}
  each_room(redis.call('HGET', key('session:' .. session), 'rooms'), function(name)
    if name ~= room then kept[#kept + 1] = name end
  end)
  redis.call('HSET', key('session:' .. session), 'rooms', table.concat(kept, ','))
  redis.call('HDEL', key('session:' .. session), 'from:' .. room)
end
for _, field in ipairs(redis.call('HKEYS', where)) do
  local session = string.match(field, '^removed:([^@:]+)$')
  if session then put_out(session) end
end
-- Its members may still be on their way here.
if redis.call('EXISTS', key('room:' .. room .. ':members')) == 0 then redis.call('EXPIRE', where, EMPTY_ROOM_KEPT) end
rights.changed(room, version)
announce()
return {'ok', 1}
