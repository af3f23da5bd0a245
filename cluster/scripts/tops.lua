-- R6: where logs stand.  ARGV[6] the epoch in which the former ones of these logs are known already  [7…] logs
-- Reply: 'ok', epoch, top, epochs before this one with their forks ('9f31ab02=811,…'; '' if they are known), … in
--   the order asked; both are '' of a log that is to be healed first; and the version of a room's rights ('': none)
local shut = closed()
if shut then return shut end
local reply = {'ok', EPOCH}
for i = 7, #ARGV do
  if redis.call('EXISTS', base(ARGV[i]) .. ':tail') == 1 then
    concat(reply, {'', '', ''}) -- long work, which `heal` does in measure
  else
    local top, former = settle(ARGV[i])
    local version = string.sub(ARGV[i], 1, 1) == '#' and redis.call('HGET', base(ARGV[i]) .. ':meta', 'rights')
    concat(reply, {int(top), ARGV[6] == EPOCH and '' or former, string.match(version or '', '^%d*')})
  end
end
return reply
