-- Adds segments to a trip: all of them, or none.
--
-- KEYS[3]   the trip: a hash of sequence -> segment, and `distance` and `duration`, the sums over its segments
-- ARGV[3]   for how long to keep the trip from now on, in seconds
-- ARGV[4]   the most segments a trip may hold
-- ARGV[5..] sequence, segment, sequence, segment, ...: each sequence once. A segment is "started-at:distance:duration"
--
-- Returns {'ok', distance, duration, segments} or {'conflict', sequence} or {'too-many-segments'}.
--
-- The caller bounds quantities so that their sums stay below 2^53, where Lua's numbers are exact.

local trip = KEYS[3]
local new, distance, duration = {}, 0, 0

for i = 5, #ARGV, 2 do
    local stored = redis.call('HGET', trip, ARGV[i])
    if not stored then
        local d, t = string.match(ARGV[i + 1], ':(%d+):(%d+)$')
        distance = distance + tonumber(d)
        duration = duration + tonumber(t)
        new[#new + 1] = i
    elseif stored ~= ARGV[i + 1] then
        return { 'conflict', ARGV[i] }
    end
end

local held = redis.call('HLEN', trip)
if held > 0 then
    held = held - 2 -- the two sums
end
if held + #new > tonumber(ARGV[4]) then
    return { 'too-many-segments' }
end

begin()
if #new > 0 then
    redis.call('HINCRBY', trip, 'distance', string.format('%.0f', distance))
    redis.call('HINCRBY', trip, 'duration', string.format('%.0f', duration))
    for _, i in ipairs(new) do
        redis.call('HSET', trip, ARGV[i], ARGV[i + 1])
    end
end
redis.call('EXPIRE', trip, ARGV[3])

local sums = redis.call('HMGET', trip, 'distance', 'duration')
return { 'ok', sums[1] or '0', sums[2] or '0', tostring(held + #new) }
