-- The lives of a log, one for each term, and how a place in one is found in the next (R5): in front of every script,
-- behind lib.lua.
--
-- meta `former`: earlier epochs as <epoch>=<fork>, newest first; the fork is the last offset that is still the same.
-- `healed:<epoch>`: '<epoch into which it turned>,<old> <new> <how many>,…': what was lost beyond the fork and
-- restored.
-- `lost:<epoch>`: all up to there was restored or is named by a gap.
-- `turned`: '<epoch> <top>', the top when that life of the log began: up to there all is of earlier ones.
-- `<log>:late`, a hash: what came back later, behind others: <epoch>:<old> -> '<epoch> <new>'; and each message that
-- came back at all: '<session> <n>' -> '<epoch> <new>'. A key of its own, since there may be ten thousand of them
-- after a loss, and each is asked for alone.
local heal -- healing.lua
local FORMER_KEPT = 32
local LATE_KEPT = 3600 -- seconds; far longer than any node or sender remembers what it could bring again

-- A place in one life as a place in the one into which it turned. Then: whether this very entry is there; into which
-- life, where that is not the next one.
local function carried(meta, name, fork, offset)
  local healed = redis.call('HGET', meta, 'healed:' .. name) or ''
  local target = string.match(healed, '^[^,]+')
  if offset <= fork then return offset, true, target end
  local place, there = fork, false
  for old, new, count in string.gmatch(healed, ',(%d+) (%d+) (%d+)') do
    local from = offset - tonumber(old)
    if from >= 0 then place = math.max(place, tonumber(new) + math.min(from, tonumber(count) - 1)) end
    there = there or (from >= 0 and from < tonumber(count))
  end
  return place, there, target
end

-- The former lives of a log, newest first: {name, fork}; second: where `epoch` stands among them.
local function lives(log, epoch)
  local line, at = {}, nil
  for name, fork in string.gmatch(redis.call('HGET', base(log) .. ':meta', 'former') or '', '([^,=]+)=(%d+)') do
    line[#line + 1] = {name, tonumber(fork)}
    if name == epoch then at = #line end
  end
  return line, at
end

-- Writes them down, the newest only. Of the others nothing is kept: cursors and outcomes of theirs are those of an
-- unknown epoch. Further fields of meta go with them, so that a script that is cut short writes all or none. Returns
-- the line as it is written.
local function note_lives(log, line, ...)
  local meta, kept = base(log) .. ':meta', {}
  for i, item in ipairs(line) do
    if i <= FORMER_KEPT then
      kept[i] = item[1] .. '=' .. int(item[2])
    else
      redis.call('HDEL', meta, 'healed:' .. item[1], 'lost:' .. item[1])
    end
  end
  local words = table.concat(kept, ',')
  redis.call('HSET', meta, 'former', words, ...)
  return words
end

local function late_place(log, name, offset)
  local found = redis.call('HGET', base(log) .. ':late', name .. ':' .. int(offset))
  if not found then return nil end
  local target, new = string.match(found, '^(%S+) (%d+)$')
  return tonumber(new), target
end

-- From a place in any life to the present one. `exactly`: follow late entries, too, which a cursor must not do.
-- Returns place, whether this very entry is there, whether the place is beyond all that is known, whether the
-- epoch is known.
local function walk(log, epoch, offset, exactly)
  if epoch == EPOCH then return offset, true, false, true end
  local meta, line, at = base(log) .. ':meta', lives(log, epoch)
  if not at then return 0, false, offset > 0, false end
  local all, beyond = true, false
  while at > 0 do
    local name, fork = unpack(line[at])
    local place, there, target = carried(meta, name, fork, offset)
    beyond = beyond or offset > math.max(fork, tonumber(redis.call('HGET', meta, 'lost:' .. name) or '0'))
    if exactly and not there then
      local new, into = late_place(log, name, offset)
      if new then place, there, target = new, true, into end
    end
    all, offset = all and there, place
    repeat at = at - 1 until at <= 0 or not target or line[at][1] == target
    -- It leads into a life that is neither this one nor known: there a place means nothing.
    if at <= 0 and target and target ~= EPOCH then return 0, false, true, false end
  end
  return offset, all, beyond, true
end

-- A cursor as an offset of the present epoch. Second: whether it is beyond all that is known of its own.
local function mapped(log, epoch, offset)
  local place, _, beyond = walk(log, epoch, offset)
  return place, beyond
end

-- The place of an entry in the present epoch; nil if it is lost.
local function present(log, epoch, offset)
  local place, there = walk(log, epoch, offset, true)
  return there and place or nil
end

-- Whether `settle` would have to bring back what nodes have kept: long work.
local function awaits_healing(log)
  return redis.call('EXISTS', base(log) .. ':tail', base(log) .. ':known') > 0
    and redis.call('HGET', base(log) .. ':meta', 'epoch') ~= EPOCH
end

-- R5: brings a log to this term. A log of an earlier term gets the new epoch, and keeps the former one with its
-- fork, the top that was found; what nodes have kept of the entries beyond follows. Returns the top, and the former
-- lives. Of a log without entries there is nothing to remember.
local function settle(log)
  local where = base(log)
  local found = redis.call('HMGET', where .. ':meta', 'epoch', 'top', 'former')
  local top, former = tonumber(found[2] or '0'), found[3] or ''
  if found[1] == EPOCH then return top, former end
  local staged = redis.call('EXISTS', where .. ':tail', where .. ':known') > 0
  if not staged and not found[1] then return top, former end
  if recovering() then error('a log may not turn while nodes are awaited: ' .. log) end
  local sound = not spoilt(log)
  -- A script that was cut short, in the file or by an error, may have left an entry that the top doesn't count.
  local last = sound and redis.call('XREVRANGE', where .. ':log', '+', '-', 'COUNT', 1)[1]
  if last then top = math.max(top, tonumber(string.match(last[1], '^%d+'))) end
  if staged and sound then return heal(log, found[1], top) end
  local line = lives(log)
  if found[1] then table.insert(line, 1, {found[1], top}) end
  former = note_lives(log, line, 'epoch', EPOCH, 'top', int(top), 'turned', EPOCH .. ' ' .. int(top))
  redis.call('DEL', where .. ':tail', where .. ':known')
  redis.call('SREM', key('healing'), log)
  return top, former
end
