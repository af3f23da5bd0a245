-- R5: who in which life of a log has had which entry: behind staged.lua.

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
