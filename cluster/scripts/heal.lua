-- include: naming mail membership
-- R5: with each heartbeat: logs of which something is staged and which nobody has asked for yet; and sessions that a
-- rewind has brought back although they had ended.
-- Reply: 'ok', how many are left, what can't be mended and why, …
local ENTRIES, LOOKS = 1000, 100

local reply = closed()
if reply then return reply end

-- What a node that came late knew to be there, and did not bring.
local function tell_rest(log)
  local meta, line = base(log) .. ':meta', lives(log)
  for _, life in ipairs(staged_lives(log, nil, 0)) do
    if not life.former then -- late, and not known here
      line[#line + 1] = {life.name, life.fork}
      note_lives(log, line)
      redis.call('HSET', meta, 'healed:' .. life.name, is_bare(life) and led_by(log, life) or EPOCH)
    end
    local lost = tonumber(redis.call('HGET', meta, 'lost:' .. life.name) or '0')
    local there = {}
    for _, place in ipairs(redis.call('HKEYS', base(log) .. ':late')) do
      local name, old = string.match(place, '^(.+):(%d+)$')
      if name == life.name and tonumber(old) > life.fork then there[#there + 1] = tonumber(old) end
    end
    table.sort(there)
    local missing, upto = holes(life, math.max(life.fork, lost), there)
    for i = 1, math.min(#missing, HOLES_TOLD) do
      append_entry(log, channel_of(log), gap_entry(life.name, missing[i]))
    end
    redis.call('HSET', meta, 'lost:' .. life.name, int(upto))
  end
  note_lives(log, line)
  forget_staged(log)
end

local function end_ghost(item)
  local session = string.sub(item, 2)
  local row, how = redis.call('HMGET', key('session:' .. session), 'mapped', 'epoch'), how_ended(session)
  if row[1] and (row[2] ~= EPOCH or how ~= '' or redis.call('GET', key('nick:' .. row[1])) ~= session) then
    finish(session, is_final(how) and how or 'expired')
  end
  redis.call('SREM', key('healing'), item)
end

local function heal_log(log)
  settle(log)
  if not spoilt(log) and redis.call('EXISTS', base(log) .. ':known') == 1 then tell_rest(log) end
  redis.call('SREM', key('healing'), log)
end

-- One that can't be mended (a key of the wrong type, say) must not keep the others from it: it stays in the set, is
-- told, and tried again with each heartbeat until somebody has deleted that key.
local budget, told = ENTRIES, {}
local function try(act, item)
  local done, why = pcall(act, item)
  if not done then concat(told, {item, type(why) == 'table' and why.err or tostring(why)}) end
end
for _, item in ipairs(redis.call('SRANDMEMBER', key('healing'), LOOKS)) do
  if budget <= 0 then break end
  if string.sub(item, 1, 1) == '!' then
    try(end_ghost, item)
    budget = budget - 50
  else
    local counted, staged = pcall(redis.call, 'HLEN', base(item) .. ':tail')
    local measured, length = pcall(redis.call, 'XLEN', base(item) .. ':log')
    -- What is there may have to be compared with what comes.
    budget = budget - 1 - (counted and staged or 0) - (measured and math.min(length, COMPARED_ONCE) / 50 or 0)
    try(heal_log, item)
  end
end
announce()
return concat({'ok', redis.call('SCARD', key('healing'))}, told)
