-- Bans of nicknames: in front of each script that gives one to a session.

-- The reply to give to who asks for the nickname `compared` (as it is compared), if it is banned; nil: it isn't. A ban
-- that is over is no key any more. `skeletons`: of a nickname that looks like a banned one there is none either; '' for
-- who has it already, or has registered it.
local function banned(compared, skeletons)
  local found = redis.call('HMGET', key('ban:nick:' .. (banned_like(compared, skeletons) or compared)), 'until', 'reason')
  if found[1] then return {'no', 'banned', found[1] .. ' ' .. (found[2] or '')} end
end

-- Bans were added or lifted: each node shall look at once, which it does with each heartbeat anyway.
local function bans_changed()
  redis.call('ZREMRANGEBYSCORE', key('bans'), '-inf', '(' .. int(NOW))
  redis.call('INCR', key('bans:version'))
  for _, node in ipairs(redis.call('ZRANGE', key('nodes'), 0, -1)) do
    announcements[#announcements + 1] = {key('node:' .. node), '!bans'}
  end
end
