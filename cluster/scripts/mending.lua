-- What mend.lua looks at and mends, each by its name: `wrong.<name>(item)` says whether it is wrong, `mend.<name>(item)`
-- mends it; without one only a person can. In front of mending_names.lua and its kin.
local wrong, mend = {}, {}

local function there(name) return redis.call('EXISTS', key(name)) == 1 end
local function lives_on(session) return there('session:' .. session) end
local function row(session, ...) return unpack(redis.call('HMGET', key('session:' .. session), ...)) end
local function holds(set, item) return redis.call('SISMEMBER', key(set), item) == 1 end
local function scored(set, item) return redis.call('ZSCORE', key(set), item) end
local function pair(item) return string.match(item, '^(%S+) (%S+)$') end
local function is_in(room, session) return redis.call('HEXISTS', key('room:' .. room .. ':members'), session) == 1 end
local function count_in(room) return redis.call('HLEN', key('room:' .. room .. ':members')) end
