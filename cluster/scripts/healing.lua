-- R5: what a log lost is brought back: in front of every script, behind log.lua.
--
-- Nodes stage what they remember beyond the fork (staging.lua): `<log>:tail`, <epoch>:<offset> -> entry; `<log>:known`,
-- <epoch> -> highest offset that anybody knows of. The first who asks for the log in the open term appends it here.
local HOLES_TOLD, PLACES_KEPT = 8, 8
local COMPARED, COMPARED_ONCE = 1000, 20000 -- entries: for each few that come late, and for a whole log that turns
local EMPTY_ROOM_KEPT = 7 * 24 * 3600

-- By which an entry is known, whatever its place.
local function identity(entry)
  if entry.kind == 'message' then return entry.session .. ' ' .. entry.n end
  return table.concat({entry.kind, entry.session, entry.n, entry.time, entry.text}, ' ')
end

-- `words`: 'late' in front of the earlier places, if it stood behind others that were said later.
local function with_places(entry, words)
  entry.late = words == 'late' or string.sub(words, 1, 5) == 'late '
  entry.was = entry.late and string.sub(words, 6) or words
  return entry
end

-- A staged entry is a line of words and the text: kind session n nick time[ late][ <epoch>:<offset> …]
local function of_tail(offset, words)
  local kind, session, n, nick, time, was, text =
    string.match(words, '^(%S*) (%S*) (%S*) (%S*) (%S*) ?([^\n]*)\n(.*)$')
  return with_places({offset = tonumber(offset), kind = kind, session = session, n = n, nick = nick, time = time,
    text = text}, was)
end

-- What is in the log beyond `from` by identity and by former places, so that nothing is brought back twice.
local function there_beyond(log, from, most)
  local seen, first = {}, '(' .. int(from) .. '-0'
  for _, item in ipairs(redis.call('XREVRANGE', base(log) .. ':log', '+', first, 'COUNT', most)) do
    local entry = of_stream(item)
    seen[identity(entry)] = entry.place
    for was in string.gmatch(entry.was or '', '%S+') do seen[was] = entry.place end
  end
  return seen
end

local function places(name, entry)
  local kept = {name .. ':' .. int(entry.offset)}
  for was in string.gmatch(entry.was or '', '%S+') do
    if #kept < PLACES_KEPT and was ~= kept[1] then kept[#kept + 1] = was end
  end
  return kept
end

-- A life of which nobody has an entry, but of which it is known where it began, and up to which place it had all of an
-- earlier one. Who was in it beyond its beginning has seen that, and nothing else for certain: his cursor means that
-- place. Further in front, it means the fork.
local function is_bare(life) return life.unknown and #life.entries == 0 and life.after ~= nil end

-- The other lives are noted.
local function led_by(log, life)
  local place = math.max(life.fork, (walk(log, life.after, life.after_offset)))
  return string.format('%s,%.0f %.0f 0', EPOCH, life.began, place + 1)
end

-- How many bare lives it has to come behind, so that it leads to one that is nearer to the present.
local function rank(life, by_name)
  local deep = 0
  while life and is_bare(life) and deep < 10 do deep, life = deep + 1, by_name[life.after] end
  return deep
end

-- The first entry that stands where it was said: a gap is told later, and what came late is older than its place.
local function begins_with(entries)
  for _, entry in ipairs(entries) do
    if entry.kind ~= 'gap' and not entry.late then return entry end
  end
  return entries[1]
end

-- What was staged, by epoch: {name, fork, former, known, entries}, in the order in which it is to be appended.
local function staged_lives(log, found, top)
  local by_name, ordered, where = {}, {}, base(log)
  local function life(name)
    if not by_name[name] then
      by_name[name] = {name = name, known = 0, entries = {}, first = 0}
      ordered[#ordered + 1] = by_name[name]
    end
    return by_name[name]
  end
  local known, line = {}, lives(log)
  local flat = redis.call('HGETALL', where .. ':known')
  for i = 1, #flat, 2 do
    known[flat[i]] = tonumber(flat[i + 1]) or flat[i + 1]
    if not string.find(flat[i], ':', 1, true) then life(flat[i]).known = tonumber(flat[i + 1]) end
  end
  flat = redis.call('HGETALL', where .. ':tail')
  for i = 1, #flat, 2 do
    local name, offset = string.match(flat[i], '^(.+):(%d+)$')
    local entries = life(name).entries
    entries[#entries + 1] = of_tail(offset, flat[i + 1])
  end
  local lined = {}
  for _, item in ipairs(line) do lined[item[1]] = true end
  local counted = math.min(top, tonumber(redis.call('HGET', where .. ':meta', 'top') or '0'))
  for _, each in ipairs(ordered) do
    each.fork = each.name == found and top
    for _, item in ipairs(line) do
      if item[1] == each.name then each.fork, each.former = item[2], true end
    end
    each.unknown = not each.fork
    each.fork = each.fork or known['fork:' .. each.name] or known['guess:' .. each.name] or 0
    -- What stands beyond the fork is of another life: who was in this one has not seen it, and may not be led over it.
    each.late = each.former or each.fork < counted
    table.sort(each.entries, function(one, other) return one.offset < other.offset end)
    local first = begins_with(each.entries)
    each.first = first and tonumber(first.time) or 0
    -- Of two that begin within one millisecond: by where they stood at first, then by how often they have moved.
    local stood = first and places(each.name, first) or {}
    each.moved, each.stood = #stood, tonumber(string.match(stood[#stood] or '', '%d+$')) or 0
    local after, upto = string.match(known['after:' .. each.name] or '', '^(.*):(%d+)$')
    if after and (by_name[after] or after == found or lined[after]) then
      each.after, each.after_offset, each.began = after, tonumber(upto), known['began:' .. each.name]
    end
  end
  for _, each in ipairs(ordered) do each.rank = rank(each, by_name) end
  table.sort(ordered, function(one, other)
    if one.rank ~= other.rank then return one.rank < other.rank end
    if one.late ~= other.late then return other.late end
    -- What is known of by its number alone may be there by the others' names.
    local is_empty, others = #one.entries == 0, #other.entries == 0
    if is_empty ~= others then return others end
    if one.first ~= other.first then return one.first < other.first end
    if one.stood ~= other.stood then return one.stood < other.stood end
    return one.moved < other.moved
  end)
  return ordered
end

-- The ranges beyond `from` that nobody held, the last of them merged if they are many. What a bare life has from
-- before its beginning is named by the earlier one, if that is all there was: else somebody knew more of it.
local function holes(life, from, there)
  if is_bare(life) and life.began == life.after_offset then from = math.max(from, life.began) end
  local found, last = {}, from
  for _, offset in ipairs(there) do
    if offset > last + 1 then found[#found + 1] = {last + 1, offset - 1} end
    last = math.max(last, offset)
  end
  if life.known > last then found[#found + 1] = {last + 1, life.known} end
  if #found > HOLES_TOLD then found[HOLES_TOLD][2] = found[#found][2] end
  return found, math.max(last, life.known)
end

local function gap_entry(name, hole)
  return {kind = 'gap', session = '', n = '0', nick = '', time = int(NOW),
    text = table.concat({name, int(hole[1]), int(hole[2])}, ' ')}
end

-- What the nodes that were in a life remember of it: by identity, by place, and from where on each life.
local function memory(life)
  local found = {first = {}, late = {}, named = {}}
  for _, entry in ipairs(life.entries) do
    found[identity(entry)] = true
    found.late[identity(entry)] = entry.late
    for _, name in ipairs(places(life.name, entry)) do
      local epoch, offset = string.match(name, '^(.*):(%d+)$')
      found[name] = true
      -- What came late into this life stands in front of nothing.
      if not entry.late or epoch == life.name then
        found.first[epoch] = math.min(found.first[epoch] or math.huge, tonumber(offset))
      end
    end
    local epoch, upto = string.match(entry.kind == 'gap' and entry.text or '', '^(%S+) %d+ (%d+)$')
    if epoch then found.named[epoch .. ':' .. upto] = true end
  end
  return found
end

-- Whether who was in a life has had an entry, or a gap in its place. What stood in front of all that is remembered of
-- the life was in it, or was named there. `shown`: a gap does not do.
local function had(life, item, shown)
  if item.by == life or life.memory[identity(item.entry)] then return true end
  for _, name in ipairs(item.names) do
    local epoch, offset = string.match(name, '^(.*):(%d+)$')
    if life.memory.named[name] and not shown then return true end
    if life.memory[name] or tonumber(offset) < (life.memory.first[epoch] or 0) then return true end
  end
  return false
end

-- Up to which place of what was found all had been in a life that forked off before: it began with nothing, then got
-- what nodes remembered, and now the data that had been lost are here again. What it had by its own numbers stands
-- here by those of `found`.
local function had_of_found(work, life, found, top)
  local first = found and life.memory.first[found]
  if not first then return 0 end
  local is_had, lowest = {}, top + 1
  for name, place in pairs(work.seen) do
    is_had[place] = is_had[place] or life.memory[name] ~= nil
    lowest = math.min(lowest, place)
  end
  local place = math.max(first, lowest) - 1
  while place < top and is_had[place + 1] do place = place + 1 end
  return place
end

-- Whether something was appended that who was in this life has not had. Up to `life.clear` there is nothing such.
local function behind_others(work, life)
  while life.clear < work.place do
    if not had(life, work.appended[life.clear + 1]) then return true end
    life.clear = life.clear + 1
  end
  return false
end

local function has_more(later, life)
  for _, entry in ipairs(later.entries) do
    if not had(life, {by = later, entry = entry, names = places(later.name, entry)}, true) then return true end
  end
  return false
end

-- Whether a life that goes on behind this one has not had it: who was in that one gets it behind what was said later.
-- Or whether it was so in one of the lives already.
local function is_late(work, item)
  for i, other in ipairs(work.ordered) do
    if other.memory.late[identity(item.entry)] then return true end
    if i > item.by.number and not other.late then
      if item.by.brings[i] == nil then item.by.brings[i] = has_more(other, item.by) end
      if item.by.brings[i] and not had(other, item, true) then return true end
    end
  end
  return false
end

local function append_healed(work, item, more)
  work.place = work.place + 1
  put(work.log, work.place, item.entry, more)
  work.appended[work.place] = item
  return work.place
end

-- One entry at the end, unless it is there already. Returns its place.
local function bring(work, life, entry)
  local names = places(life.name, entry)
  local place = work.seen[identity(entry)] or work.seen[names[1]]
  if not place then
    local item, more = {by = life, entry = entry, names = names}, {'was', table.concat(names, ' ')}
    if life.late or entry.late or is_late(work, item) then more = {'late', '1', unpack(more)} end
    place = append_healed(work, item, more)
    work.restored[#work.restored + 1] = {entry = entry, place = place}
    if entry.kind == 'joined' or entry.kind == 'left' then work.moves[entry.session] = entry.kind end
  end
  work.seen[identity(entry)] = place
  for _, was in ipairs(names) do work.seen[was] = place end
  return place
end

local function extend(segments, old, new)
  local last = segments[#segments]
  if last and old == last[1] + last[3] and new == last[2] + last[3] then
    last[3] = last[3] + 1
  else
    segments[#segments + 1] = {old, new, 1}
  end
end

-- Comings and goings of a life that comes late are told only where they change who is there: what others have long
-- overtaken is no news. By session: the one that counts.
local function last_moves(work, life)
  local last = {}
  for _, entry in ipairs(life.entries) do
    if entry.kind == 'joined' or entry.kind == 'left' then last[entry.session] = entry end
  end
  for session, entry in pairs(last) do
    local is_member = redis.call('HEXISTS', key('room:' .. work.log .. ':members'), session) == 1
    local row = redis.call('HMGET', key('session:' .. session), 'epoch', 'pending')
    local is_here = is_member and row[1] == EPOCH and not contains(row[2], work.log) -- its node knows better
    local is_news = is_member == (entry.kind == 'left') and not is_here and work.moves[session] ~= entry.kind
    if not is_news then last[session] = false end
  end
  return last
end

-- The offsets of a life that are there, or are about to be: under their own name, or as earlier places of others.
local function offsets_there(work, life)
  local there = {}
  for _, entry in ipairs(life.entries) do there[#there + 1] = entry.offset end
  for name in pairs(work.seen) do
    local epoch, offset = string.match(name, '^(.*):(%d+)$')
    if epoch == life.name then there[#there + 1] = tonumber(offset) end
  end
  table.sort(there)
  return there
end

-- All of one life, a gap in the place of each hole. Returns its segments, and up to where all is there or named.
local function bring_life(work, life, from)
  local missing, upto = holes(life, from, offsets_there(work, life))
  local segments, told, moves = {}, 0, life.late and last_moves(work, life) or {}
  local function tell_before(offset)
    while told < math.min(#missing, HOLES_TOLD) and missing[told + 1][1] < offset do
      told = told + 1
      local name = life.name .. ':' .. int(missing[told][2])
      append_healed(work, {by = life, entry = gap_entry(life.name, missing[told]), names = {name}}, {})
    end
  end
  for _, entry in ipairs(life.entries) do
    local is_overtaken = moves[entry.session] ~= nil and entry.kind ~= 'message' and moves[entry.session] ~= entry
    if entry.offset > life.fork and not is_overtaken then
      tell_before(entry.offset)
      extend(segments, entry.offset, bring(work, life, entry))
    end
  end
  tell_before(math.huge)
  return segments, upto
end

-- The field of meta that says where the entries of one life went. No cursor of it is led over what another one had
-- alone: what stands behind that is found like what came late.
local function note_life(work, life, segments, upto)
  local meta, words = base(work.log) .. ':meta', {EPOCH}
  redis.call('HSET', meta, 'lost:' .. life.name, int(upto))
  if life.clear >= work.top then behind_others(work, life) end
  -- Nor over what it had only later, where it had got that late.
  local most, lowest = {}, math.huge
  for i = #segments, 1, -1 do
    most[i] = math.min(life.clear, lowest - 1)
    lowest = math.min(lowest, segments[i][2])
  end
  for i, segment in ipairs(segments) do
    local old, new, count = unpack(segment)
    local led = math.max(0, math.min(count, most[i] - new + 1))
    if led > 0 then words[#words + 1] = table.concat({int(old), int(new), int(led)}, ' ') end
    for j = led, count - 1 do note_late(work.log, life.name, old + j, new + j) end
  end
  if life.former then return end
  redis.call('HSET', meta, 'healed:' .. life.name, is_bare(life) and led_by(work.log, life) or table.concat(words, ','))
end

-- The epoch that was found comes first; epochs that it doesn't know come last: their `healed` says where they lead,
-- and there they are nobody's next.
local function note_former(work, found, top, ordered)
  local line = lives(work.log)
  if found then table.insert(line, 1, {found, top}) end
  for _, life in ipairs(ordered) do
    if not life.former and life.name ~= found then line[#line + 1] = {life.name, life.fork} end
  end
  return note_lives(work.log, line, 'epoch', EPOCH, 'top', int(work.place),
    'turned', EPOCH .. ' ' .. int(work.place))
end

-- The outcome of a message that was brought back, for a sender who asks again.
local function note_said(log, entry, place)
  note_back(log, entry.session, tonumber(entry.n), tonumber(place))
  local row, n = key('session:' .. entry.session), tonumber(entry.n)
  if redis.call('EXISTS', key('ended:' .. entry.session)) == 1 then return end
  note_outcome(entry.session, n, table.concat({'ok', log, EPOCH, int(place), entry.time}, ' '))
  local last = redis.call('HGET', row, 'n')
  if not last then return redis.call('EXPIRE', row .. ':said', ORPHAN_KEPT) end
  if tonumber(last) < n then redis.call('HSET', row, 'n', int(n)) end
end

-- Rooms that a session has left lately, each with its left entry: what was said there before is still owed to a
-- client whose connection broke meanwhile. `place` nil: it is a member again.
local PARTED_KEPT = 16
local function note_parted(session, room, place)
  local kept = place and {room .. ' ' .. place} or {}
  for item in string.gmatch(redis.call('HGET', key('session:' .. session), 'parted') or '', '[^,]+') do
    if string.match(item, '^%S+') ~= room and #kept < PARTED_KEPT then kept[#kept + 1] = item end
  end
  redis.call('HSET', key('session:' .. session), 'parted', table.concat(kept, ','))
end

local function drop_member(room, session)
  local members = key('room:' .. room .. ':members')
  redis.call('HDEL', members, session)
  redis.call('SREM', key('ghosts'), room .. ' ' .. session)
  if redis.call('EXISTS', members) == 1 then return end
  redis.call('SREM', key('rooms'), room)
  -- The meta stays: offsets of one epoch must never start again.
  if room == '#lobby' then return end
  redis.call('EXPIRE', key('room:' .. room .. ':log'), EMPTY_ROOM_KEPT)
  redis.call('EXPIRE', key('room:' .. room .. ':rights'), EMPTY_ROOM_KEPT)
end

-- A restored `left`: it is told, so it must neither be told again nor be untrue. Of where it is who was re-claimed
-- knows better, but for a leaving whose answer it waits for. That it is over he does not: a session never goes on, but
-- its node may have been cut off when the others ended it, and nobody remembers that by the time it is back.
local function part(room, entry, place)
  local session, is_removal = entry.session, string.match(entry.text, '^removed') ~= nil
  local is_over = entry.text ~= 'left' and not is_removal
  local row = redis.call('HMGET', key('session:' .. session), 'epoch', 'rooms', 'pending')
  -- Of a removal nobody waits for an answer at the node of who was removed.
  if row[1] == EPOCH and not is_over and not is_removal and not contains(row[3], room) then return end
  drop_member(room, session)
  -- A node that comes late may still take the session for its own.
  if is_over then redis.call('SET', key('ended:' .. session), entry.text, 'EX', LATE_KEPT) end
  if not row[1] then return end
  local kept = {}
  each_room(row[2], function(name) if name ~= room then kept[#kept + 1] = name end end)
  redis.call('HSET', key('session:' .. session), 'rooms', table.concat(kept, ','))
  redis.call('HDEL', key('session:' .. session), 'from:' .. room)
  note_parted(session, room, EPOCH .. ' ' .. int(place))
  -- Its row is there until `heal` comes to it.
  if is_over then redis.call('SADD', key('healing'), '!' .. session) end
end

-- A restored `joined` of one who is no member: its node may come late, so the place is kept for a time, after which
-- one `left` is told (reap.lua).
local function haunt(room, entry)
  local members = key('room:' .. room .. ':members')
  if redis.call('HEXISTS', members, entry.session) == 1 then
    -- Of a renaming that his node waits for, this is the entry: it must not be told again.
    local waits = contains(redis.call('HGET', key('session:' .. entry.session), 'pending'), 'nick')
    if entry.text ~= '' and waits then redis.call('HSET', members, entry.session, entry.nick) end
    return
  end
  redis.call('HSET', members, entry.session, entry.nick)
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
  redis.call('SADD', key('ghosts'), room .. ' ' .. entry.session)
end

local function settle_members(room, restored)
  local last = {}
  for _, item in ipairs(restored) do
    local kind = item.entry.kind
    if kind == 'joined' or kind == 'left' then last[item.entry.session] = item end
  end
  for _, item in pairs(last) do
    if item.entry.kind == 'left' then part(room, item.entry, item.place) else haunt(room, item.entry) end
  end
end

-- What a room is about. One that was cleared is kept, too: by whom, and when.
local function note_topic(room, nick, time, text)
  redis.call('HSET', base(room) .. ':meta', 'topic', text, 'topic_nick', nick, 'topic_time', int(time))
end

-- The newest of the restored ones, unless somebody has set another since.
local function settle_topic(room, restored)
  local newest = tonumber(redis.call('HGET', base(room) .. ':meta', 'topic_time') or '0')
  for _, item in ipairs(restored) do
    local entry = item.entry
    if entry.kind == 'topic' and tonumber(entry.time) >= newest then
      newest = tonumber(entry.time)
      note_topic(room, entry.nick, newest, entry.text)
    end
  end
end

-- What was staged for this log is used up.
local function forget_staged(log)
  redis.call('DEL', base(log) .. ':tail', base(log) .. ':known')
  redis.call('SREM', key('healing'), log)
end

local function after_heal(log, restored)
  for _, item in ipairs(restored) do
    if item.entry.kind == 'message' then note_said(log, item.entry, item.place) end
  end
  if string.sub(log, 1, 1) == '#' then
    settle_members(log, restored)
    settle_topic(log, restored)
    -- Whoever left it last did so before its log was there again.
    if log ~= '#lobby' and redis.call('EXISTS', key('room:' .. log .. ':members')) == 0 then
      redis.call('EXPIRE', base(log) .. ':log', EMPTY_ROOM_KEPT)
    end
  elseif homeless(log) then
    -- Its session may be re-claimed late, or has ended long ago: then nobody would ever clear this up.
    redis.call('EXPIRE', base(log) .. ':log', ORPHAN_KEPT)
    redis.call('EXPIRE', base(log) .. ':meta', ORPHAN_KEPT)
  end
end

-- Turns a log, of which something is staged, to this term. Returns its top, and the former lives.
heal = function(log, found, top)
  local ordered, from = staged_lives(log, found, top), top
  for _, life in ipairs(ordered) do from = math.min(from, life.fork) end
  local work = {log = log, top = top, place = top, restored = {}, seen = {}, appended = {}, ordered = ordered, moves = {}}
  for i, life in ipairs(ordered) do
    life.number, life.clear, life.brings = i, top, {}
    local is_alone = #ordered == 1 and not life.late
    life.memory = is_alone and {first = {}, late = {}, named = {}} or memory(life) -- alone: nothing to compare with
  end
  if from < top then work.seen = there_beyond(log, from, COMPARED_ONCE) end
  for _, life in ipairs(ordered) do
    if life.late then life.clear = had_of_found(work, life, found, top) end
  end
  local done = {}
  for i, life in ipairs(ordered) do
    local lost = life.former and tonumber(redis.call('HGET', base(log) .. ':meta', 'lost:' .. life.name) or '0') or 0
    done[i] = {bring_life(work, life, math.max(life.fork, lost))}
  end
  local former = note_former(work, found, top, ordered)
  for i, life in ipairs(ordered) do
    local is_kept = string.find(',' .. former, ',' .. life.name .. '=', 1, true)
    if is_kept then note_life(work, life, done[i][1], done[i][2]) end
  end
  forget_staged(log)
  after_heal(log, work.restored)
  return work.place, former
end
