-- include: naming mail membership banning
-- R3: gives a session another nickname: its row, the key of the name, and an entry in each of its rooms. The entry is a
-- `joined` whose text is the former nickname, so that versions which know of no renaming count it and show the name.
-- ARGV[6] session  [7] claim  [8] nickname as shown  [9] as compared  [10] ticket
-- ARGV[11] its skeletons  [12…] other nicknames, as compared, to propose when it is taken, each with its skeletons behind it
-- Reply: 'ok', former nickname, time ms, 1 if it changed anything, taken µs, one of the rooms with such an entry ('':
--   none), its offset there, whose it is (as of `claim`) | 'no', 'nick_taken' or 'looks_alike', index of the free proposal (0: none)
--   | 'no', 'not_admitted', '' (registered, and not by the owner of the session)
--   | 'no', 'banned', '<until ms, 0: for good> <why>'
local session, claim, nick, compared, ticket, skeletons = unpack(ARGV, 6, 11)

local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end
each_room(redis.call('HGET', key('session:' .. session), 'rooms'), settle) -- what is restored may tell it already
local row, reply = owned(session, claim, {'nick', 'mapped', 'rooms', 'did', 'taken', 'state', 'account'})
if not row then return reply end
local former, mapped_before, rooms, taken = row[4], row[5], row[6], row[8]
local done = done_before(row[7], ticket)
if done then return concat(done, {taken, '', '0', owner_of(session)}) end
if nick == former then return {'ok', former, int(NOW), 0, taken, '', '0', owner_of(session)} end

local told, offset = '', '0'
local function tell_rooms(name)
  each_room(rooms, function(room)
    local members = key('room:' .. room .. ':members')
    -- A room whose members or log are something else by now must not keep anybody from his name.
    local fine, known = pcall(redis.call, 'HGET', members, session)
    if not fine or not known or known == name then return end
    if not spoilt(room) then told, offset = room, append_room(room, 'joined', session, name, known) end
    redis.call('HSET', members, session, name)
  end)
end

-- It was done before a rewind, restored in the rooms, and can't be done again: there it is told back.
local function refuse(...)
  tell_rooms(former)
  announce()
  return {'no', ...}
end

local own, account = row[10] or '', account_of(compared)
local barred = banned(compared, account and '' or skeletons)
if barred then return refuse(barred[2], barred[3]) end
if account and account.id ~= own then return refuse('not_admitted', '') end
local holder = redis.call('GET', key('nick:' .. compared))
if holder and holder ~= session then
  if not account then return refuse('nick_taken', first_free(12, session, own)) end
  finish(holder, 'regained')
end
if looks_like(skeletons, compared, session, own) then return refuse('looks_alike', first_free(12, session, own)) end

tell_rooms(nick)
free_nick(session, former, mapped_before)
redis.call('SET', key('nick:' .. compared), session)
-- As if it were claimed anew: of two who bring a name into a later term, the one who took it later holds it.
redis.call('HSET', key('session:' .. session), 'nick', nick, 'mapped', compared, 'skeletons', skeletons, 'taken', int(MICROS),
  'did', table.concat({ticket, former, int(NOW)}, ' '))
hold_skeletons(skeletons, compared)
show_presence(nick, NODE, row[9])
if account then
  note_owner(compared, session)
  hand_over_mail(own, session)
end
announce()
return {'ok', former, int(NOW), 1, int(MICROS), told, offset, owner_of(session)}
