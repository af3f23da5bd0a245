-- Nicknames, and what shows who is on-line: behind mending.lua.

-- Everybody who is on-line, by nickname; read once for all items.
local names
local function everybody()
  if names then return names end
  names = {}
  local function note(sessions)
    for _, session in ipairs(sessions) do names[row(session, 'nick') or ''] = true end
  end
  for _, node in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
    note(redis.call('SMEMBERS', key('node:' .. node .. ':sessions')))
  end
  note(redis.call('ZRANGE', key('absent'), 0, -1))
  return names
end

local function shown_as(session)
  local node, state = row(session, 'node', 'state')
  return node and state and string.match(node, '^[^/]*') .. ' ' .. state
end

function wrong.nickname(mapped)
  local session = redis.call('GET', key('nick:' .. mapped))
  return session and not lives_on(session)
end
function mend.nickname(mapped) redis.call('DEL', key('nick:' .. mapped)) end

function wrong.nameless(session)
  local mapped = row(session, 'mapped')
  return mapped and not there('nick:' .. mapped)
end
function mend.nameless(session) redis.call('SET', key('nick:' .. row(session, 'mapped')), session) end

function wrong.presence(nick) return redis.call('HEXISTS', key('presence'), nick) == 1 and not everybody()[nick] end
function mend.presence(nick) redis.call('HDEL', key('presence'), nick) end

function wrong.unseen(session)
  local nick, mapped = row(session, 'nick', 'mapped')
  local shown = shown_as(session)
  if not shown or redis.call('GET', key('nick:' .. (mapped or ''))) ~= session then return false end
  return string.sub(redis.call('HGET', key('presence'), nick) or '', 1, #shown) ~= shown
end
function mend.unseen(session) show_presence(row(session, 'nick', 'node', 'state')) end

function wrong.twin(session)
  local holder = redis.call('GET', key('nick:' .. (row(session, 'mapped') or '')))
  return holder and holder ~= session and lives_on(holder)
end
