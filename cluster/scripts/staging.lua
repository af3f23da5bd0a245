-- R5: what a node that comes into a term knows of its logs, put aside until the log turns; of a log that has turned
-- already, brought back late.

-- Up to which offset the log as it was found is the same as in `epoch`; nil: it doesn't know that epoch.
local function agreed(log, epoch)
  local found = redis.call('HMGET', base(log) .. ':meta', 'epoch', 'top', 'former')
  if found[1] == epoch then return tonumber(found[2] or '0') end
  for name, fork in string.gmatch(found[3] or '', '([^,=]+)=(%d+)') do
    if name == epoch then return tonumber(fork) end
  end
end

-- The same for an epoch that it doesn't know: a rewind has led back to before that began, and the line of its forks
-- leads to one that is known.
local function shared(log, forks)
  local upto = math.huge
  for name, fork in string.gmatch(forks, '([^,=]+)=(%d+)') do
    upto = math.min(upto, tonumber(fork))
    local there = agreed(log, name)
    if there then return math.min(upto, there) end
  end
end

-- Keeps the higher, or with `less` the lower, of two numbers.
local function note(log, field, number, less)
  local known = base(log) .. ':known'
  local before = tonumber(redis.call('HGET', known, field) or '')
  if before and (less and before <= number or not less and before >= number) then return end
  redis.call('HSET', known, field, int(number))
end

local function keep_staged(log)
  redis.call('SADD', key('healing'), log)
  if homeless(log) then
    redis.call('EXPIRE', base(log) .. ':tail', ORPHAN_KEPT)
    redis.call('EXPIRE', base(log) .. ':known', ORPHAN_KEPT)
  end
end

-- Of a life that may be known by its name alone. Each place is a least one, so the highest of one earlier life counts.
local function note_after(log, epoch, began, after)
  local known, field = base(log) .. ':known', 'after:' .. epoch
  local earlier, upto = string.match(after, '^(.*):(%d+)$')
  local before, so_far = string.match(redis.call('HGET', known, field) or '', '^(.*):(%d+)$')
  if not before or (before == earlier and tonumber(so_far) < tonumber(upto)) then
    redis.call('HSET', known, field, after)
  end
  note(log, 'began:' .. epoch, began)
end

-- That `epoch` went up to `upto`. `began`: the top of the log when it turned to it, -1: not known; `after`: a place of
-- an earlier life, up to which it had then all that there was, '': not known. False: the log is spoilt, and nothing can be told in it.
local function note_known(log, epoch, upto, forks, began, after)
  if epoch == EPOCH or epoch == '' or upto == 0 then return true end
  local fork = agreed(log, epoch)
  if fork then
    local lost = tonumber(redis.call('HGET', base(log) .. ':meta', 'lost:' .. epoch) or '0')
    if upto <= math.max(fork, lost) then return true end
  end
  note_older()
  if spoilt(log) then return false end
  note(log, epoch, upto)
  local fork_known = not fork and shared(log, forks)
  if fork_known then note(log, 'fork:' .. epoch, fork_known) end
  if began >= 0 and after ~= '' then note_after(log, epoch, began, after) end
  keep_staged(log)
  return true
end
