-- include: staging
-- R5: what a node remembers of a log's latest entries in a former epoch, oldest first. Those that the log lacks are
-- kept until it turns; if it has turned, the messages among them are appended late.
-- ARGV[6] log  [7] epoch  [8] epochs before that one with their forks (newest first); '-': none; '': not known
-- ARGV[9…] offset, kind, session, n, nick, time, earlier places ('late' before them), text, …; none: only asks
-- Reply: 'ok', offset beyond which entries of that epoch are wanted; -1: none are
local log, epoch, forks = ARGV[6], ARGV[7], ARGV[8]

if wrong_term() then return {'recover'} end
if not leased() then return {'lease'} end
if epoch == EPOCH or spoilt(log) then return {'ok', '-1'} end
local upto = agreed(log, epoch)
if #ARGV == 8 then return {'ok', int(upto or 0)} end

local entries = {}
for i = 9, #ARGV, 8 do
  local offset, kind, session, n, nick, time, was, text = unpack(ARGV, i, i + 7)
  entries[#entries + 1] = with_places({offset = tonumber(offset), kind = kind, session = session, n = n, nick = nick,
    time = time, text = text}, was)
end

-- Whether the log has this very entry at this very place.
local function same(entry)
  local found = redis.call('XRANGE', base(log) .. ':log', int(entry.offset) .. '-0', int(entry.offset) .. '-0')[1]
  return found ~= nil and identity(of_stream(found)) == identity(entry)
end

-- Of an epoch that the log doesn't know: those that are not there, and up to where it seems to be the same.
local function unknown_beyond()
  local lacking, fork = {}, shared(log, forks)
  for _, entry in ipairs(entries) do
    if same(entry) then fork = math.max(fork or 0, entry.offset) else lacking[#lacking + 1] = entry end
  end
  if fork then
    note(log, 'fork:' .. epoch, fork)
  elseif lacking[1] then
    local top = tonumber(redis.call('HGET', base(log) .. ':meta', 'top') or '0')
    -- A line of forks that leads to nothing in the data: they began anew. Only where it isn't known may they be older.
    note(log, 'guess:' .. epoch, forks == '' and math.min(top, lacking[1].offset - 1) or 0, true)
  end
  return lacking
end

local function stage(lacking)
  if lacking[1] then note_older() end
  for _, entry in ipairs(lacking) do
    local was = entry.late and 'late ' .. entry.was or entry.was
    local head = table.concat({entry.kind, entry.session, entry.n, entry.nick, entry.time, was}, ' ')
    redis.call('HSETNX', base(log) .. ':tail', epoch .. ':' .. int(entry.offset), head .. '\n' .. entry.text)
  end
  if lacking[1] then note(log, epoch, lacking[#lacking].offset) end
  keep_staged(log)
end

-- Whether its sender has said it again in this log, and has his answer.
local function answered(entry)
  local outcome = redis.call('HGET', key('session:' .. entry.session .. ':said'), entry.n)
  local where, name, place = string.match(outcome or '', '^ok (%S+) (%S+) (%d+) ')
  return entry.kind == 'message' and where == log and present(log, name, tonumber(place))
end

local function append_late(lacking)
  local seen, top = there_beyond(log, upto or 0, COMPARED), settle(log)
  for _, entry in ipairs(lacking) do
    local names = places(epoch, entry)
    local place = seen[identity(entry)] or seen[names[1]] or brought_back(log, entry.session, tonumber(entry.n))
      or answered(entry)
    local known = present(log, epoch, entry.offset)
    if entry.kind == 'message' and not place and not known then
      place = append_entry(log, channel_of(log), entry, table.concat(names, ' '))
      note_said(log, entry, place)
    end
    -- Also of what is there by another name, or has been overtaken: it is not to be told that it is missing.
    if not known then note_late(log, epoch, entry.offset, place or top) end
  end
  announce()
end

local lacking = entries
if not upto then
  lacking = unknown_beyond()
else
  lacking = {}
  for _, entry in ipairs(entries) do
    if entry.offset > upto and not present(log, epoch, entry.offset) then lacking[#lacking + 1] = entry end
  end
end
if redis.call('HGET', base(log) .. ':meta', 'epoch') == EPOCH then append_late(lacking) else stage(lacking) end
return {'ok', int(upto or 0)}
