-- include: saying
-- on demand: healing
-- R1, R8: appends what sessions say to the logs of rooms and inboxes, exactly once for each (session, n), in the order
-- in which it is asked. Many at a time, since a script costs more than what it does for one of them.
-- ARGV[6] limit of an inbox  [7…] for each: session, claim, n, to, text, holder, refusal, again ('<epoch> <offset>' or
--   ''), ms until the session's bucket of messages is whole again or '' (saying.lua)
-- Reply: 'ok', for each one of
--     'ok', outcome | 'no', 'out_of_order', last n | 'no', reason, '' | 'fenced' | 'recover' | 'error', text |
--     'later' (nothing was done: to be asked again)
--   | 'lease' | 'recover' | 'wait'
--   outcome: 'ok <log> <epoch> <offset> <time ms>' or 'no <reason>'; kept for the last 128 n.
local FIELDS = 9
local shut = closed()
if shut then return shut end
if not leased() then return {'lease'} end

-- What this run has read, and is to write before anything else reads it.
local tops, rows, members, outcomes
local broken = {} -- sessions whose outcomes can't be written -> the error

local function forget() tops, rows, members, outcomes = {}, {}, {}, {} end

local function flush()
  for log, top in pairs(tops) do
    if top.new then redis.call('HSET', base(log) .. ':meta', 'epoch', EPOCH, 'top', int(top.offset)) end
  end
  for session, list in pairs(outcomes) do
    note_said(session, rows[session].n, rows[session].ahead)
    local fine, failure = pcall(note_outcomes, session, list)
    if not fine then broken[session] = failure end
  end
  forget()
end

local function top_of(log)
  local found = redis.call('HMGET', base(log) .. ':meta', 'epoch', 'top', 'rights')
  -- Where somebody is muted each is looked at alone.
  local plain = found[1] == EPOCH and not (found[3] and string.find(found[3], 'm', 1, true))
  tops[log] = plain and {offset = tonumber(found[2])} or nil
  return tops[log]
end

local function row_of(session)
  local row = redis.call('HMGET', key('session:' .. session), 'claim', 'node', 'epoch', 'n', 'nick')
  rows[session] = {claim = row[1], node = row[2], epoch = row[3], n = tonumber(row[4]), nick = row[5]}
  return rows[session]
end

local function is_here(room, session)
  local name = room .. ' ' .. session
  if members[name] == nil then members[name] = is_member(room, session) end
  return members[name]
end

-- The next thing that a member says in a room whose log is of this term: its outcome. nil: it isn't such, or can't be
-- appended.
local function say_in_room(said)
  local to, session, n = said.to, said.session, said.n
  if said.again or said.refusal ~= '' or string.sub(to, 1, 1) ~= '#' then return nil end
  local top = tops[to] or top_of(to)
  local row = top and (rows[session] or row_of(session))
  if not row or row.claim ~= said.claim or row.node ~= NODE or row.epoch ~= EPOCH or row.n + 1 ~= n then return nil end
  if not is_here(to, session) then return nil end
  local entry = {kind = 'message', session = session, n = int(n), nick = row.nick, time = int(NOW), text = said.text}
  if not pcall(put, to, top.offset + 1, entry, {}) then return nil end
  top.offset, top.new, row.n, row.ahead = top.offset + 1, true, n, said.ahead
  tell_entry(to, key('room:' .. to .. ':log'), top.offset, entry)
  return table.concat({'ok', to, EPOCH, int(top.offset), entry.time}, ' ')
end

local function place_of(again)
  local epoch, offset = string.match(again, '^(%S+) (%d+)$')
  return {epoch = epoch, offset = tonumber(offset)}
end

local function said_at(at)
  local session, claim, n, to, text, holder, refusal, again, ahead = unpack(ARGV, at, at + FIELDS - 1)
  return {session = session, claim = claim, n = tonumber(n), to = to, text = text, holder = holder, refusal = refusal,
    again = again ~= '' and place_of(again) or nil, ahead = ahead}
end

local healed = false

-- What can't be done by the shorter way. A run heals one log at most: each may take as long as a script may.
local function say_alone(said, limit)
  flush()
  local destination, addressee = destination_of(said)
  local heals = destination ~= '' and awaits_healing(destination)
  if heals and healed then return {'later'} end
  healed = healed or heals
  return say(said, destination, addressee, limit)
end

local function reply_for(said, limit)
  local outcome = say_in_room(said)
  if not outcome then return say_alone(said, limit) end
  local list = outcomes[said.session] or {}
  list[#list + 1], outcomes[said.session] = {said.n, outcome}, list
  return {'ok', outcome}
end

local function error_reply(failure)
  return {'error', type(failure) == 'table' and failure.err or tostring(failure)}
end

forget()
local limit, replies, sessions, failure, own = tonumber(ARGV[6]), {'ok'}, {}, nil, false
for at = 7, #ARGV, FIELDS do
  local fine, reply = pcall(reply_for, said_at(at), limit)
  if not fine then
    failure = failure or {reply}
    own = own or error_reply(failure[1])[2] ~= error_reply(reply)[2]
  end
  own = own or fine
  replies[#replies + 1], sessions[#replies + 1] = fine and reply or error_reply(reply), ARGV[at]
end
-- What hinders all is nobody's own error.
if failure and not own then error(failure[1], 0) end
flush()
for i, session in pairs(sessions) do
  if broken[session] then replies[i] = error_reply(broken[session]) end
end
announce()
return replies
