-- What the part of a write does first that is part of a request which may be carried out once. Its own part follows.
--
-- KEYS[#KEYS]  the request: the attempt that it was carried out in. Not given when it may be carried out any number of times
-- ARGV[5]      for how long to keep that, in seconds, and the attempt: `<seconds>:<attempt>`; or nothing
--
-- Returns {'replayed'} when it was carried out in another attempt. Otherwise `begin` enters it. An own part that answers with
-- what was there before calls `begin` as well; one that refuses does not.

local seconds, attempt = string.match(ARGV[5], '^(%d+):(%d+)$')
if attempt then
    local entered = redis.call('GET', KEYS[#KEYS])
    if entered and entered ~= attempt then
        return { 'replayed' }
    end
end

local begin_in_city = begin
local function begin()
    begin_in_city()
    if attempt then
        redis.call('SET', KEYS[#KEYS], attempt, 'EX', seconds)
    end
end

