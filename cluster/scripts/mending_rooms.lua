-- Members, and what belongs to rooms: behind mending.lua.

-- A member by a restored `joined` is reap.lua's.
function wrong.member(item)
  local room, session = pair(item)
  return is_in(room, session) and not holds('ghosts', item) and not contains(row(session, 'rooms'), room)
end
function mend.member(item)
  local room, session = pair(item)
  exit_room(room, session, redis.call('HGET', key('room:' .. room .. ':members'), session), 'expired')
end

function wrong.outsider(item)
  local room, session = pair(item)
  return contains(row(session, 'rooms'), room) and not is_in(room, session)
end
function mend.outsider(item)
  local room, session = pair(item)
  redis.call('HSET', key('room:' .. room .. ':members'), session, row(session, 'nick'))
  redis.call('SADD', key('rooms'), room)
  redis.call('PERSIST', key('room:' .. room .. ':log'))
end

function wrong.unlisted(room) return count_in(room) > 0 and not holds('rooms', room) end
function mend.unlisted(room) redis.call('SADD', key('rooms'), room) end

function wrong.deserted(room) return count_in(room) == 0 and holds('rooms', room) end
function mend.deserted(room) redis.call('SREM', key('rooms'), room) end

function wrong.kept(room)
  return room ~= '#lobby' and count_in(room) == 0 and redis.call('PTTL', key('room:' .. room .. ':log')) == -1
end
function mend.kept(room) redis.call('EXPIRE', key('room:' .. room .. ':log'), EMPTY_ROOM_KEPT) end

-- What only a person can mend.
function wrong.headless(log)
  return there(string.sub(base(log) .. ':log', #PREFIX + 1)) and not there(string.sub(base(log) .. ':meta', #PREFIX + 1))
end
