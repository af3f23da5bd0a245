-- R6: where logs stand.  ARGV[6…] logs   Reply: 'ok', epoch, top, top, … in the order asked
if wrong_term() then return {'recover'} end
local reply = {'ok', EPOCH}
for i = 6, #ARGV do reply[#reply + 1] = int(settle(ARGV[i])) end
return reply
