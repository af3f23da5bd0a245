-- include: seeing
-- The last messages of a room (only messages: who came and went is not history).
-- ARGV[6] room  [7] below this offset (0: from the newest)  [8] how many  [9] the session that asks, as of rooms.lua
-- Reply: 'ok', epoch, entries, newest first; an entry is {offset, {field, value, …}} | 'no', 'not_member', ''
local PAGE, PAGES = 200, 10 -- so that a room full of comings and goings can't hold up Redis
local room, before, limit = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])

local shut = closed()
if shut then return shut end
settle(room)
if not may_read(room, ARGV[9]) then return {'no', 'not_member', ''} end
local stream, entries, least = base(room) .. ':log', {}, int(curtain(room) + 1) .. '-0'
local from = before > 0 and int(before - 1) .. '-0' or '+'
for _ = 1, PAGES do
  if before == 1 then break end
  local page = redis.call('XREVRANGE', stream, from, least, 'COUNT', PAGE)
  for _, item in ipairs(page) do
    before = tonumber(string.match(item[1], '^%d+'))
    if item[2][2] == 'message' and #entries < limit then entries[#entries + 1] = {int(before), item[2]} end
  end
  if #page < PAGE or #entries >= limit then break end
  from = int(before - 1) .. '-0'
end
return {'ok', EPOCH, entries}
