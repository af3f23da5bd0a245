-- include: seeing
-- The last messages of a room (only messages: who came and went is not history).
-- ARGV[6] room  [7] below this offset (0: from the newest)  [8] how many  [9] the session that asks, as of rooms.lua
-- Reply: 'ok', epoch, entries, newest first; an entry is {offset, {field, value, …}} | 'no', 'not_member', ''
local PAGE, PAGES = 200, 10 -- so that a room full of comings and goings can't hold up Redis
local KEPT, WORTH = 100, 50 -- messages remembered; entries from which on it is worth a write
local room, before, limit = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])

local shut = closed()
if shut then return shut end
local top = settle(room)
if not may_read(room, ARGV[9]) then return {'no', 'not_member', ''} end
local stream, meta, least = base(room) .. ':log', base(room) .. ':meta', curtain(room) + 1
local first = before > 0 and math.min(before - 1, top) or top

-- What was found before: from `low` to `high` there are messages at `marks`, newest first, and nowhere else. A thousand who
-- come in one after the other need not each read that the others came.
local epoch, low, high, line = string.match(redis.call('HGET', meta, 'messages') or '', '^(%S+) (%d+) (%d+) (.*)$')
low, high = tonumber(low), tonumber(high)
local is_known = epoch == EPOCH and low <= first
local entries, marks, at, pages = {}, {}, first, 0

local function take(offset, fields)
  marks[#marks + 1] = offset
  if #entries < limit and offset <= first then entries[#entries + 1] = {int(offset), fields} end
end

-- Reads down to `last`; `at` stays above it where there is enough, or it was long.
local function read_to(last)
  while at >= last and pages < PAGES and #entries < limit do
    local page = redis.call('XREVRANGE', stream, int(at) .. '-0', int(last) .. '-0', 'COUNT', PAGE)
    for _, item in ipairs(page) do
      at = tonumber(string.match(item[1], '^%d+')) - 1
      if item[2][2] == 'message' then take(at + 1, item[2]) end
    end
    pages = pages + 1
    if #page < PAGE then at = last - 1 end
  end
end

local function take_known()
  for mark in string.gmatch(line, '%d+') do
    local item = redis.call('XRANGE', stream, mark .. '-0', mark .. '-0')[1]
    if item and tonumber(mark) >= least then take(tonumber(mark), item[2]) end
  end
  at = low - 1
end

if is_known then
  read_to(math.max(least, high + 1))
  if at <= high then take_known() end
end
read_to(least)

if #marks > KEPT then
  at = marks[KEPT] - 1
  marks = {unpack(marks, 1, KEPT)}
end
local news = is_known and math.max(0, first - high) + math.max(0, low - at - 1) or first - at
if news >= WORTH and (is_known or epoch ~= EPOCH) then
  local found = {EPOCH, int(at + 1), int(math.max(first, is_known and high or 0)), table.concat(marks, ',')}
  redis.pcall('HSET', meta, 'messages', table.concat(found, ' ')) -- without it the next one reads what this one read
end
return {'ok', EPOCH, entries}
