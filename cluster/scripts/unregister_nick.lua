-- include: naming mail membership
-- A nickname is nobody's own any more. What waits for its owner is told to be undelivered.
-- ARGV[6] session, '': an operator  [7] claim  [8] nickname as compared  [9] the account's hash of which the password was
--   shown  [10] ticket
-- Reply: 'ok', nickname as shown, how many messages waited | 'no', 'not_registered', ''
local session, claim, compared, proof, ticket = unpack(ARGV, 6, 10)
local row, reply

local shut = closed()
if shut then return shut end
if session ~= '' then
  row, reply = owned(session, claim, {'did', 'rooms'})
  if not row then return reply end
  each_room(row[5], settle)
  local shown = string.match(row[4] or '', '^' .. ticket .. ' (%S+) ')
  if shown then return {'ok', shown, '0'} end
end
local account = account_of(compared)
if not account or (session ~= '' and not is_proof(account, proof)) then return {'no', 'not_registered', ''} end
local found = redis.call('HMGET', key('account:' .. compared), 'nick', 'skeletons')
local log = '@~' .. account.id
settle(log)
local waiting = redis.call('XLEN', base(log) .. ':log')
receipts('~' .. account.id, found[1], '-', '+', 'undelivered')
redis.call('DEL', base(log) .. ':log', base(log) .. ':meta', base(log) .. ':late')
forget_staged(log)
redis.call('DEL', key('account:' .. compared))
redis.call('HDEL', key('accounts'), account.id)
local holder = redis.call('GET', key('nick:' .. compared))
if not holder then free_skeletons(found[2], compared) end
if session ~= '' then
  rights.hand_on(session, 'account:' .. account.id, session)
  redis.call('HDEL', key('session:' .. session), 'account', 'mail')
  redis.call('HSET', key('session:' .. session), 'did', table.concat({ticket, found[1], int(NOW)}, ' '))
end
announce()
return {'ok', found[1], int(waiting)}
