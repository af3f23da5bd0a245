-- include: naming mail membership
-- Makes a nickname its holder's own, or changes its password for who has shown it; or an operator does so for anybody.
-- ARGV[6] session, '': an operator  [7] claim  [8] nickname as shown  [9] as compared  [10] its skeletons
-- ARGV[11] hash of the password  [12] id of the account, should it be a new one  [13] the account's hash of which the present
--   password was shown, ''
-- Reply: 'ok', nickname as shown, id of the account, 1 if it is new | 'no', 'not_registered', '' (somebody else's)
--   | 'no', 'not_admitted', '' (it is registered, and the present password was not shown)  | 'no', 'looks_alike', the nickname for which it could be taken
local session, claim, nick, compared, skeletons, hash, id, proof = unpack(ARGV, 6, 13)

local shut = closed()
if shut then return shut end
local own = ''
if session ~= '' then
  local row, reply = owned(session, claim, {'nick', 'mapped', 'skeletons', 'account'})
  if not row then return reply end
  -- It may have been renamed meanwhile; an earlier version's row has no skeletons.
  if row[5] ~= compared then skeletons = row[6] or '' end
  nick, compared, own = row[4], row[5], row[7] or ''
end
local account = account_of(compared)
if account and session ~= '' and account.id ~= own then return {'no', 'not_registered', ''} end
if account and session ~= '' and not is_proof(account, proof) then return {'no', 'not_admitted', ''} end
local other = looks_like(skeletons, compared, session, own)
if not account and other then return {'no', 'looks_alike', other} end
local is_new = not account
id = account and account.id or id
redis.call('HSET', key('account:' .. compared), 'id', id, 'nick', nick, 'hash', hash, 'skeletons', skeletons)
redis.call('HDEL', key('account:' .. compared), 'former')
redis.call('HSETNX', key('account:' .. compared), 'since', int(NOW))
redis.call('HSET', key('accounts'), id, compared)
hold_skeletons(skeletons, compared)
if session ~= '' then
  -- The account before was lost with the data.
  if own ~= id and redis.call('HEXISTS', key('accounts'), own) == 0 then
    rights.hand_on(session, 'account:' .. own, 'account:' .. id)
  end
  redis.call('HSET', key('session:' .. session), 'account', id)
  note_owner(compared, session)
end
announce()
return {'ok', nick, id, is_new and 1 or 0}
