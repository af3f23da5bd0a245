-- R5: what nodes have staged of a log that lost entries, read and put in order: in front of every script, behind log.lua.
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
