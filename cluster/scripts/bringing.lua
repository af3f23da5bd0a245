-- R5: what was staged is appended, life by life, and where it went is noted: behind compared.lua.

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
local offsets_there
do -- a script has 200 local names at most

-- The offsets of each life at which something stood that is staged, whichever life brings it.
local function note_named(work)
  work.named = {}
  for _, life in ipairs(work.ordered) do work.named[life.name] = {} end
  for _, life in ipairs(work.ordered) do
    for _, entry in ipairs(life.entries) do
      for _, name in ipairs(places(life.name, entry)) do
        local epoch, offset = string.match(name, '^(.*):(%d+)$')
        local offsets = work.named[epoch]
        if offsets then offsets[#offsets + 1] = tonumber(offset) end
      end
    end
  end
end

offsets_there = function(work, life)
  if not work.named then note_named(work) end
  local there = work.named[life.name]
  for name in pairs(work.seen) do
    local epoch, offset = string.match(name, '^(.*):(%d+)$')
    if epoch == life.name then there[#there + 1] = tonumber(offset) end
  end
  table.sort(there)
  return there
end

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
