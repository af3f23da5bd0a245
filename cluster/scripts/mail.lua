-- Direct messages for the owner of a registered nickname who is away: the log `@~<id of the account>`, an inbox like
-- that of a session, but for which nobody listens.
--
-- `taken`, in its meta: '<epoch> <offset>' up to which its entries were handed over. The session's node knows it as well
-- (the row's `mail`): data that were rewound may have them again.

-- What waits goes into the inbox of the session with which the owner has come: once, in order, as it was said.
local function hand_over_mail(account, session)
  local log = '@~' .. account
  local meta, top = base(log) .. ':meta', settle(log)
  local epoch, offset = string.match(redis.call('HGET', meta, 'taken') or '', '^(%S+) (%d+)$')
  local from = epoch and math.min((mapped(log, epoch, tonumber(offset))), top) or 0
  for _, item in ipairs(redis.call('XRANGE', base(log) .. ':log', int(from + 1) .. '-0', '+')) do
    local entry = of_stream(item)
    if entry.kind == 'message' or entry.kind == 'gap' then
      -- Without its places in former lives: those are of another log. One that came late is late here, too.
      append_entry('@' .. session, channel_of('@' .. session), entry, entry.late and '')
    end
    redis.call('XDEL', base(log) .. ':log', item[1]) -- a later one may fail
  end
  redis.call('HSET', key('session:' .. session), 'mail', EPOCH .. ' ' .. int(top))
  if top > 0 then redis.call('HSET', meta, 'taken', EPOCH .. ' ' .. int(top), 'acknowledged', int(top)) end
end

-- What the session's inbox holds unacknowledged waits for its owner's next coming. False: it has no owner any more.
local function keep_mail(session, account)
  if redis.call('HEXISTS', key('accounts'), account) == 0 then return false end
  local log = '@~' .. account
  for _, item in ipairs(redis.call('XRANGE', base('@' .. session) .. ':log', '-', '+')) do
    local entry = of_stream(item)
    if entry.kind == 'message' and entry.session ~= session then
      append_entry(log, channel_of(log), entry, entry.late and '')
    end
    redis.call('XDEL', base('@' .. session) .. ':log', item[1])
  end
  return true
end
