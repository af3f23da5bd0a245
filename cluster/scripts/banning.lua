-- Bans of nicknames: in front of each script that gives one to a session.

-- The reply to give to who asks for the nickname `compared` (as it is compared), if it is banned; nil: it isn't. A ban
-- that is over is no key any more.
local function banned(compared)
  local found = redis.call('HMGET', key('ban:nick:' .. compared), 'until', 'reason')
  if found[1] then return {'no', 'banned', found[1] .. ' ' .. (found[2] or '')} end
end
