-- R1, R8: what a session says, one by one: in front of publish.lua, which has a shorter way for what is usual.
--
-- `said`: session, claim, n, to ('#room' or '@mapped nickname'), text, holder (the session that the sender last saw
-- under that nickname, or ''), refusal (a reason for which the node itself refuses, or ''), again (epoch and offset at
-- which it was accepted before, or seen without an answer, if the sender fears that it was lost since), ahead (ms until the bucket of messages is whole).
-- Beside these `say` notes whether it is overtaken.

-- Up to where the session's n are consumed, and what it has taken of its bucket, so that it takes that along.
local function note_said(session, n, ahead)
  if ahead == '' then return redis.call('HSET', key('session:' .. session), 'n', int(n)) end
  redis.call('HSET', key('session:' .. session), 'n', int(n), 'messages_whole', int(NOW + ahead))
end

local function is_member(room, session) return redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1 end

-- Where it is by now, if it is anywhere. Who isn't in a room is told of what he said there himself, not what its log holds.
-- `surely`: what was there once does not do.
local function outcome_again(said, destination, surely)
  local session, n, again = said.session, said.n, said.again
  if spoilt(destination) then return nil end
  local function look(place)
    local found = place and redis.call('XRANGE', base(destination) .. ':log', int(place) .. '-0', int(place) .. '-0')[1]
    local entry = found and of_stream(found)
    return place, found, entry, entry and entry.session == session and tonumber(entry.n) == n
  end
  local place, found, entry, ours = look(present(destination, again.epoch, again.offset))
  -- Its place may be one in another inbox, from where it was handed over.
  if not place or (found and not ours) then place, found, entry, ours = look(brought_back(destination, session, n)) end
  -- Trimmed since, or acknowledged: it was there.
  local may_be_gone = string.sub(destination, 1, 1) == '@' or is_member(destination, session)
  if place and (ours or (not surely and not found and may_be_gone)) then
    return table.concat({'ok', destination, EPOCH, int(place), ours and entry.time or int(NOW)}, ' ')
  end
end

-- An outcome counts only as long as what it speaks of is there.
local function outcome_kept(said)
  local outcome = redis.call('HGET', key('session:' .. said.session .. ':said'), int(said.n))
  local log, epoch, offset = string.match(outcome or '', '^ok (%S+) (%S+) (%d+)')
  if not log then return outcome end
  -- An inbox goes with its session: what it held was there, and nobody can have it any more.
  if string.sub(log, 1, 1) == '@' and redis.call('EXISTS', base(log) .. ':meta') == 0 then return outcome end
  settle(log)
  -- What a rewind took is of an epoch that is known still: of one that has been forgotten it was there.
  local _, there, _, known = walk(log, epoch, tonumber(offset), true)
  if there or not known then return outcome end
end

-- Of a message that its sender has seen in the log, though nobody has answered him: its outcome, if it is there. Its n is
-- consumed with that.
local function outcome_seen(said, destination)
  local outcome = said.again and destination ~= '' and outcome_again(said, destination, true)
  if not outcome then return nil end
  note_said(said.session, said.n, said.ahead)
  note_outcome(said.session, said.n, outcome)
  return {'ok', outcome}
end

-- What n has become already; nil: nothing.
local function reply_again(said, destination, last)
  local outcome = said.again and destination ~= '' and outcome_again(said, destination) or outcome_kept(said)
  if outcome then return {'ok', outcome} end
  -- Younger than that, an outcome is missing only where a rewind took it, and the message with it.
  if not said.again and said.n <= last - OUTCOMES_KEPT then return {'no', 'forgotten', ''} end
end

-- `before`: where it was accepted before.
local function appended(said, nick, log, channel, before)
  local was = before and before.epoch .. ':' .. int(before.offset) or said.is_overtaken and '' or nil
  local done, offset = pcall(append, log, channel, 'message', said.session, int(said.n), nick, said.text, was)
  if done and before then
    note_late(log, before.epoch, before.offset, offset)
    note_back(log, said.session, said.n, tonumber(offset))
  end
  if done then return table.concat({'ok', log, EPOCH, offset, int(NOW)}, ' ') end
  -- Final, so that what is said elsewhere is not held up.
  if spoilt(log) then return 'no log_spoilt' end
  error(offset, 0)
end

-- Whether the room's owner has muted the session, its account or its nickname (rights.lua); nobody mutes himself by taking
-- a nickname that he had muted.
local function is_muted(room, session)
  local flag = redis.call('HGET', key('room:' .. room .. ':meta'), 'rights')
  if not flag or not string.find(flag, 'm', 1, true) then return false end
  local row = redis.call('HMGET', key('session:' .. session), 'account', 'mapped')
  local account = 'account:' .. (row[1] or '')
  local found = redis.call('HMGET', key('room:' .. room .. ':rights'), 'owner', 'muted:' .. session,
    'muted:' .. account, 'muted:@' .. (row[2] or ''))
  return (found[2] or found[3] or found[4]) and found[1] ~= session and found[1] ~= account
end

-- How many entries of an inbox are unacknowledged.
local function waiting(log)
  return settle(log) - tonumber(redis.call('HGET', base(log) .. ':meta', 'acknowledged') or '0')
end

local function is_account(addressee) return string.sub(addressee, 1, 1) == '~' end

-- Whether the addressee is the owner of a registered nickname, and the sender, if he last saw a session under it, saw one
-- of his: then it is the same person whatever the session.
local function is_owner(said, addressee)
  local found = redis.call('HMGET', key('account:' .. string.sub(said.to, 2)), 'id', 'sessions')
  if not found[1] then return false end
  local his = is_account(addressee) or redis.call('HGET', key('session:' .. addressee), 'account') == found[1]
  return his and (said.holder == '' or contains(string.gsub(found[2] or '', ' ', ','), said.holder))
end

-- The second value: a reason that does not use up n, since the client may try again.
local function speak_to_inbox(said, nick, addressee, limit, before)
  local node = addressee and (is_account(addressee) and '-' or redis.call('HGET', key('session:' .. addressee), 'node'))
  if not node then return 'no no_such_nick' end
  local is_sure = said.holder == addressee or is_owner(said, addressee)
  if said.holder ~= '' and not is_sure then return 'no addressee_changed' end
  local log, again = '@' .. addressee, said.again
  -- Said again, it is meant for the one who held the name then: his inbox has lived in that epoch.
  if again and not is_sure and not select(4, walk(log, again.epoch, again.offset)) then
    return 'no addressee_changed'
  end
  -- His own is where the receipt goes: who never acknowledges it could fill Redis with receipts.
  if waiting(log) >= limit or waiting('@' .. said.session) >= 2 * limit then return nil, 'inbox_full' end
  return appended(said, nick, log, key('node:' .. node), before)
end

local function speak(said, nick, addressee, limit, before)
  if said.refusal ~= '' then return 'no ' .. said.refusal end
  if addressee ~= nil then return speak_to_inbox(said, nick, addressee, limit, before) end
  if not is_member(said.to, said.session) then return 'no not_member' end
  if is_muted(said.to, said.session) then return 'no muted' end
  return appended(said, nick, said.to, key('room:' .. said.to .. ':log'), before)
end

-- The log where it goes, or '', and the addressee. nil: it goes to a room; false: to nobody.
local function destination_of(said)
  local to = said.to
  if string.sub(to, 1, 1) ~= '@' then return to, nil end
  local name = string.sub(to, 2)
  local addressee = redis.call('GET', key('nick:' .. name))
  local account = not addressee and redis.call('HGET', key('account:' .. name), 'id')
  if account then addressee = '~' .. account end
  return addressee and '@' .. addressee or '', addressee
end

-- Where it stood, if that is over. Of what no node has answered its sender may have seen it there: then it was shown, to
-- others as well, in front of what has been said since. An account's or a session's inbox shows nothing to its sender.
local function lost_place(said, last)
  local again = said.again
  if again and said.n > last and (again.epoch == EPOCH or string.sub(said.to, 1, 1) ~= '#') then return nil end
  return again
end

-- The reply for it, as in publish.lua. `limit`: of an inbox.
local function say(said, destination, addressee, limit)
  -- What is restored of the destination's log has its n.
  if destination ~= '' then settle(destination) end
  local row, reply = owned(said.session, said.claim, {'n', 'nick'})
  if not row then return reply end
  local n, last = said.n, tonumber(row[4])
  if n > last + 1 then return {'no', 'out_of_order', int(last)} end
  local known
  if n <= last then known = reply_again(said, destination, last) else known = outcome_seen(said, destination) end
  if known then return known end
  said.is_overtaken = n < last -- by what the same session said later: some node has brought that back, and not this
  local outcome, passing = speak(said, row[5], addressee, limit, lost_place(said, last))
  if passing then return {'no', passing, ''} end
  note_said(said.session, math.max(n, last), said.ahead)
  note_outcome(said.session, n, outcome)
  return {'ok', outcome}
end
