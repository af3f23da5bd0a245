-- include: naming mail membership staging banning
-- R5: a node brings a live session of its own into a new term, and says how far it knew the session's logs.
-- ARGV[6] session  [7] claim  [8] taken µs (0: unknown)  [9] nickname as shown  [10] as compared  [11] token hash
-- ARGV[12] address  [13] since ms  [14] last n  [15] rooms  [16] rooms of a join or leave without an answer, and
--   `nick` where a renaming has none
-- ARGV[17] here | away  [18] '1' and what the user says of being away by choice ('': he isn't)  [19] client
-- ARGV[20] skeletons  [21] whose it is, as of `claim`  [22] hashes of tokens that count beside [11]  [23…] log, epoch, offset, epochs before that one with their forks (newest first), where that
--   life of the log began (-1: not known), what it had for certain of an earlier one ('<epoch>:<offset>', or ''), …
-- Reply: 'ok', keys of logs that are spoilt, so that a loss could not be noted in them, …
--   | 'fenced' (somebody else's now) | 'recover' | 'lease'
local session, claim, taken, nick, compared, token = unpack(ARGV, 6, 11)
local address, since, known, rooms, pending, state, gone, client, skeletons, owner, open = unpack(ARGV, 12, 22)
local account, mail = string.match(owner, '^(%S*) ?(.*)$')
taken = tonumber(taken)

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
if how_ended(session) ~= '' then return {'fenced'} end
local row = redis.call('HMGET', key('session:' .. session), 'claim', 'epoch', 'n', 'rooms', 'node', 'taken', 'nick',
  'mapped', 'skeletons')
local same = row[1] == claim
-- Whether it was done stands in the row, unless that is older than what the node knows for certain.
if same and contains(pending, 'nick') and tonumber(row[6] or '0') > taken then
  nick, compared, taken, skeletons = row[7], row[8], tonumber(row[6]), row[9] or ''
end
if banned(compared, '') then return {'fenced'} end

-- Of two that believe to hold the same, the one who took it later does; where that isn't known, the first here.
local function yields(epoch, their_taken)
  local theirs = tonumber(their_taken or '0')
  if taken > 0 and theirs > 0 and taken ~= theirs then return theirs > taken end
  return epoch == EPOCH
end

if row[1] and not same then
  if yields(row[2], row[6]) then return {'fenced'} end
  tell_taken(row[5], session, claim)
end
-- A rewind can bring back a holder whose end was forgotten.
local holder = redis.call('GET', key('nick:' .. compared))
if holder and holder ~= session then
  local other = redis.call('HMGET', key('session:' .. holder), 'epoch', 'taken', 'nick')
  if yields(other[1], other[2]) then return {'fenced'} end
  if recovering() then
    if other[3] then free_nick(holder, other[3], compared) end -- it may be shown in other letters
    redis.call('SADD', key('healing'), '!' .. holder) -- no log may turn yet; `heal` ends it
  else
    finish(holder, 'expired')
  end
end

-- What was to go unless the session comes back. Not `:late`, which goes in its own time.
local function keep_inbox()
  local inbox = base('@' .. session)
  for _, part_of in ipairs({':log', ':meta', ':tail', ':known'}) do redis.call('PERSIST', inbox .. part_of) end
end

local reply = {'ok'}
for i = 23, #ARGV, 6 do
  local log, epoch, offset, forks, began, after = unpack(ARGV, i, i + 5)
  if not note_known(log, epoch, tonumber(offset), forks, tonumber(began), after) then reply[#reply + 1] = base(log) .. ':log' end
end

-- The node's list of rooms counts; but of a join or leave that it has no answer to, the row knows more.
local kept = {}
each_room(rooms, function(room)
  -- Its node may not have heard that it was removed.
  if redis.call('HEXISTS', rights.where(room), 'removed:' .. session) == 1 then return end
  if not (same and contains(pending, room)) then kept[#kept + 1] = room end
end)
if same then
  each_room(pending, function(room)
    if contains(row[4], room) then kept[#kept + 1] = room end
  end)
end
rooms = table.concat(kept, ',')
each_room(row[4], function(room)
  if not contains(rooms, room) then drop_member(room, session) end
end)
each_room(rooms, function(room)
  redis.call('HSET', key('room:' .. room .. ':members'), session, nick)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
  redis.call('PERSIST', rights.where(room))
end)
if row[5] and row[5] ~= NODE then redis.call('SREM', key('node:' .. row[5] .. ':sessions'), session) end
-- A message that others have brought back before may be one of which its node has no answer.
local n = math.max(tonumber(row[3] or '0'), tonumber(known))
if not row[1] then
  for _, number in ipairs(redis.call('HKEYS', key('session:' .. session .. ':said'))) do n = math.max(n, tonumber(number)) end
end
if row[1] and row[7] ~= nick then free_nick(session, row[7], row[8]) end
redis.call('HSET', key('session:' .. session), 'nick', nick, 'mapped', compared, 'claim', claim, 'taken', int(taken),
  'token', token, 'n', int(n), 'rooms', rooms, 'since', since, 'address', address, 'pending', pending,
  'client', client, 'skeletons', skeletons, 'account', account, 'mail', mail, 'open', open)
if gone ~= '' then
  redis.call('HSET', key('session:' .. session), 'gone', string.sub(gone, 2))
else
  redis.call('HDEL', key('session:' .. session), 'gone')
end
redis.call('PERSIST', key('session:' .. session .. ':said'))
redis.call('SET', key('nick:' .. compared), session)
-- Of who was brought back by a rewind, and is nobody's any more, no look counts.
each_skeleton(skeletons, function(name)
  local other = redis.call('GET', name)
  local ghost = other and not account_of(other) and redis.call('GET', key('nick:' .. other))
  if ghost and redis.call('HGET', key('session:' .. ghost), 'epoch') ~= EPOCH then redis.call('DEL', name) end
end)
hold_skeletons(skeletons, compared)
-- What the session has had of its owner's mail may be in his inbox again.
if mail ~= '' and redis.call('HEXISTS', key('accounts'), account) == 1 then
  redis.call('HSET', base('@~' .. account) .. ':meta', 'taken', mail)
end
keep_inbox()
set_here(session, nick)
if state == 'away' then set_away(session, nick, NODE, NOW + GRACE) end
announce()
return reply
