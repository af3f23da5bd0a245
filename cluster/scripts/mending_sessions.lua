-- Sessions, what belongs to them, and the nodes that hold them: behind mending.lua.

-- Those of a session's keys that would stay for ever.
local function lasting(session, parts)
  local found = {}
  for _, part in ipairs(parts) do
    if redis.call('PTTL', key(part)) == -1 then found[#found + 1] = key(part) end
  end
  return found
end

local function inbox_parts(session)
  local parts = {}
  for i, part in ipairs({':log', ':meta', ':tail', ':known'}) do parts[i] = 'inbox:' .. session .. part end
  return parts
end

-- A boot that nobody judges: as one whose lease has just ended.
local function give_up(node) redis.call('ZADD', key('nodes'), 'NX', int(NOW - LEASE - 1), node) end

function wrong.inbox(session)
  local account = string.match(session, '^~(.*)$')
  if account and redis.call('HEXISTS', key('accounts'), account) == 1 then return false end
  return not lives_on(session) and not holds('healing', '@' .. session) and #lasting(session, inbox_parts(session)) > 0
end
function mend.inbox(session)
  for _, name in ipairs(lasting(session, inbox_parts(session))) do redis.call('EXPIRE', name, ORPHAN_KEPT) end
end

function wrong.said(session)
  return not lives_on(session) and #lasting(session, {'session:' .. session .. ':said'}) > 0
end
function mend.said(session) redis.call('EXPIRE', key('session:' .. session .. ':said'), ORPHAN_KEPT) end

function wrong.held(item)
  local node, session = pair(item)
  return holds('node:' .. node .. ':sessions', session) and row(session, 'node') ~= node
end
function mend.held(item)
  local node, session = pair(item)
  redis.call('SREM', key('node:' .. node .. ':sessions'), session)
end

function wrong.unjudged(node) return there('node:' .. node .. ':sessions') and not scored('nodes', node) end
mend.unjudged = give_up

function wrong.unheld(session)
  local node, state = row(session, 'node', 'state')
  if state ~= 'here' then return false end
  return not holds('node:' .. node .. ':sessions', session) or not scored('nodes', node)
end
function mend.unheld(session)
  local node = row(session, 'node')
  redis.call('SADD', key('node:' .. node .. ':sessions'), session)
  give_up(node)
end

function wrong.endless(session) return row(session, 'state') == 'away' and not scored('absent', session) end
function mend.endless(session)
  redis.call('ZADD', key('absent'), 'NX', int(tonumber(row(session, 'until') or '') or NOW + GRACE), session)
end

function wrong.absent(session) return scored('absent', session) and row(session, 'state') ~= 'away' end
function mend.absent(session) redis.call('ZREM', key('absent'), session) end

-- Of a former term, long after nobody can re-claim it any more.
function wrong.unclaimed(session)
  local state, epoch = row(session, 'state', 'epoch')
  local hold = tonumber(redis.call('HGET', KEYS[1], 'hold') or '0')
  return state == 'here' and epoch ~= EPOCH and NOW > hold + 2 * LEASE
end
function mend.unclaimed(session)
  local nick, node = row(session, 'nick', 'node')
  set_away(session, nick, node, NOW + GRACE)
end

function wrong.lapsed(node) return holds('lapsed', node) and not scored('nodes', node) end
function mend.lapsed(node) redis.call('SREM', key('lapsed'), node) end

function wrong.overdue(session)
  local state, deadline = row(session, 'state', 'until')
  return state == 'away' and (tonumber(deadline or '') or NOW) < NOW - 3 * LEASE - 10000
end
