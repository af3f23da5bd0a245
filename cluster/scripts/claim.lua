-- include: naming mail membership tokens banning
-- R3: creates a session under a free nickname and lets it join the lobby. Running it again changes nothing. The owner
-- of a registered nickname gets it whoever has it: that session ends, and if it was his own he goes on in its rooms. A
-- session that the client has lost, and that is there all the same, ends.
-- ARGV[6] session  [7] claim  [8] nickname as shown  [9] as compared  [10] token hash  [11] address  [12] client
-- ARGV[13] its skeletons  [14] the account's hash of which the password was shown, '': none was
-- ARGV[15] a session that its client has lost ('': none)  [16] hashes of its last tokens ('newest …')
-- ARGV[17…] other nicknames, as compared, to propose when it is taken, each with its skeletons behind it
-- Reply: 'ok', since ms, last n, rooms, taken µs, whose it is (id of the account and the row's `mail`, '': nobody's), log, offset, where its present life
--   began, … | 'no', 'nick_taken' or 'looks_alike', index of the free proposal (0: none)
--   | 'no', 'not_admitted', '' (registered, and the hash is another one; or not registered any more)
--   | 'no', 'ghost', '' (the lost session has it, older than its tokens, and no node has re-claimed it: it will end)
--   | 'no', 'session_exists', '' (begun by an earlier hello that was never answered: to be resumed)
--   | 'no', 'resume_refused', '' (… and over by now) | 'no', 'kicked', why (… by an operator) | 'no', 'regained', ''
--   | 'no', 'banned', '<until ms, 0: for good> <why>'. The offsets are those at which the session began, also when
--   it is asked again.
local session, claim, nick, compared, token, address, client, skeletons, proof, lost, lost_tokens = unpack(ARGV, 6, 16)

-- The reply, also to who asks again: what the session has since it began.
local function begun(since, n, rooms, taken, began)
  local owner = owner_of(session)
  local top = owner == '' and '0' or int(settle('@' .. session)) -- with the mail that was handed over
  local reply = {'ok', since, n, rooms, taken, owner, '@' .. session, top, 0, '#lobby', began, turned('#lobby')}
  each_room(rooms, function(room)
    local from = redis.call('HGET', key('session:' .. session), 'from:' .. room) or ''
    local epoch, offset = string.match(from, '^(%S+) (%d+)$')
    local place = epoch and (mapped(room, epoch, tonumber(offset))) or settle(room)
    if room ~= '#lobby' then concat(reply, {room, int(place), turned(room)}) end
  end)
  return reply
end

local function refuse(...)
  announce()
  return {'no', ...}
end

-- How the tokens of the lost session stand, and the epoch that its row is of.
local function standing_of_lost()
  local old, standing = redis.call('HMGET', key('session:' .. lost), 'token', 'open', 'spent', 'epoch'), nil
  for hash in string.gmatch(old[1] and lost_tokens or '', '%S+') do
    if standing ~= 'good' then standing = token_state(hash, old[1], old[2], old[3]) end
  end
  return standing, old[4]
end

-- Why a nickname that is nobody's own can't be had, and the proposal; nil: it can. Older data may have the lost session
-- without any token that its client knows.
local function denied(holder, standing, epoch)
  if holder and holder == lost and standing == 'unknown' and epoch ~= EPOCH then return 'ghost', '' end
  if holder then return 'nick_taken', first_free(17, '', '') end
  if looks_like(skeletons, compared, '', '') then return 'looks_alike', first_free(17, '', '') end
end

-- The owner has come: whoever has his nickname loses it. Returns the rooms in which he goes on, if that was himself.
local function regain(holder, own)
  local former = redis.call('HMGET', key('session:' .. holder), 'account', 'rooms')
  finish(holder, 'regained')
  redis.call('DEL', key('nick:' .. compared)) -- of a session that isn't there
  return former[1] == own and former[2] or ''
end

-- The lobby, then those rooms. Returns the offset in the lobby, and all rooms.
local function enter_all(others)
  local offset, rooms = enter('#lobby', session, nick, '')
  each_room(others, function(room)
    if not contains(rooms, room) then rooms = select(2, enter(room, session, nick, rooms)) end
  end)
  return offset, rooms
end

local function begin(rooms, offset, own)
  redis.call('HSET', key('session:' .. session), 'nick', nick, 'mapped', compared, 'claim', claim, 'taken', int(MICROS),
    'token', token, 'n', '0', 'rooms', rooms, 'since', int(NOW), 'began', offset, 'address', address,
    'client', client, 'skeletons', skeletons, 'account', own)
  redis.call('SET', key('nick:' .. compared), session)
  hold_skeletons(skeletons, compared)
  set_here(session, nick)
end

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
local row = redis.call('HMGET', key('session:' .. session), 'claim', 'since', 'n', 'began', 'taken', 'rooms')

if row[1] == claim then
  set_here(session, nick) -- a recovery in between took it for a ghost
  return begun(row[2], row[3], row[6], row[5], row[4])
end
if row[1] then return {'no', 'session_exists', ''} end
if how_ended(session) ~= '' then return refuse_ended(session) end
local account = account_of(compared)
local barred = banned(compared, account and '' or skeletons)
if barred then return barred end
local own = account and account.id or ''
if account and not is_proof(account, proof) or not account and proof ~= '' then return {'no', 'not_admitted', ''} end

-- A session that was refused to its client, since its node was late to bring it into this term, is the client's own: it
-- gives way, and its rooms are joined anew, by their rights.
local standing, lost_epoch = standing_of_lost()
local holder = redis.call('GET', key('nick:' .. compared))
if standing == 'good' and not (account and holder == lost) then
  finish(lost, 'quit')
  holder = redis.call('GET', key('nick:' .. compared))
end
local reason, proposal
if not account then reason, proposal = denied(holder, standing, lost_epoch) end
if reason then return refuse(reason, proposal) end

local offset, rooms = enter_all(holder and regain(holder, own) or '')
begin(rooms, offset, own)
if account then
  note_owner(compared, session)
  hand_over_mail(own, session)
end
announce()
return begun(int(NOW), '0', rooms, int(MICROS), offset)
