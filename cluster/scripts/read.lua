-- include: seeing remembering
-- R5, R7: entries of a log after a cursor, which may be of an earlier epoch.
-- ARGV[6] log: '#room' or '@session'  [7] epoch  [8] offset  [9] how many
-- Reply: 'ok', epoch, top, offset of the first entry that follows, first lost, last lost (0: unknown), entries, 1 if
--   nobody knows what the cursor means: then they begin with what may be older than what its owner has seen
--   first lost is 0 when nothing is missing. An entry is {offset, {field, value, …}}.
local log, epoch, offset, count = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local COMINGS_AND_GOINGS, LOOKED_AT = {joined = true, left = true}, 64

-- Whether all of them are there, and nothing was said: the last member of a guarded room, who reads on after he has
-- left, misses his own going.
local function were_quiet(stream, from, to)
  if to - from >= LOOKED_AT then return false end
  local hidden = redis.call('XRANGE', stream, int(from) .. '-0', int(to) .. '-0')
  for _, item in ipairs(hidden) do
    for i = 1, #item[2], 2 do
      if item[2][i] == 'kind' and not COMINGS_AND_GOINGS[item[2][i + 1]] then return false end
    end
  end
  return #hidden == to - from + 1
end

local shut = closed()
if shut then return shut end
-- What was said to somebody is known to his node and to the sender's; what was said in a room to the nodes of its members,
-- as far as they had heard it by then. Where one that was alive has not brought what it remembers, nobody can say what is lost.
local is_unsure, may_come = false, false
if epoch ~= EPOCH and epoch ~= '' then is_unsure, may_come = lacks_memory() end
if may_come and string.sub(log, 1, 1) == '@' then return {'wait'} end
local top = settle(log)
local from, _, beyond, is_known = walk(log, epoch, offset)
local first_lost, last_lost = 0, 0
-- Where a node could still tell what was lost, an entry of kind gap says so in the log itself; else only the
-- cursor shows that something was there, and this reader alone is told.
if beyond then first_lost = offset + 1 end
if is_unsure and noted('older') and not beyond then
  local told = tonumber(redis.call('HGET', base(log) .. ':meta', 'lost:' .. epoch) or '0')
  first_lost = math.max(offset, told) + 1
end
if from > top then from = top end
local stream = base(log) .. ':log'
if string.sub(log, 1, 1) == '@' then
  from = math.max(from, tonumber(redis.call('HGET', base(log) .. ':meta', 'acknowledged') or '0'))
end
local first = from
if string.sub(log, 1, 1) == '#' then first = math.max(from, math.min(curtain(log), top)) end
local found = redis.call('XRANGE', stream, int(first + 1) .. '-0', '+', 'COUNT', count)
local entries = {}
for i, item in ipairs(found) do entries[i] = {string.match(item[1], '^%d+'), item[2]} end
local start = #entries > 0 and tonumber(entries[1][1]) or top + 1
local behind = epoch == EPOCH and first > from -- the curtain
if start > from + 1 and not (behind and were_quiet(stream, from + 1, start - 1)) then
  if epoch == EPOCH then
    first_lost, last_lost = from + 1, start - 1
  else
    -- What was trimmed has its numbers in this epoch: the reader is only led there, and told of it by his next read.
    entries, start = {}, from + 1
  end
end
return {'ok', EPOCH, int(top), int(start), int(first_lost), int(last_lost), entries,
  (is_known or offset == 0) and 0 or 1}
