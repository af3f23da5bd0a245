-- R5: what a log lost is brought back: behind settling.lua.

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
