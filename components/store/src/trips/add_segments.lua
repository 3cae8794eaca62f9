-- Adds segments to a trip: all of them, or none. New ones make a trip due that has a bill.
--
-- KEYS[3]   the trip: a hash of sequence -> segment, `distance` and `duration`, the sums over its segments, and `born`, the life of the
--           bucket in which it began
-- KEYS[4]   its bill: a hash of `head`, the number of the newest revision, and more
-- KEYS[5]   what is due in this bucket: a sorted set of `<moment>:<trip>`, all of score 0; a moment is twelve digits
-- KEYS[6]   why: a hash of trip -> `<moment>:<number>:<reason>`
-- ARGV[6]   the name of the trip
-- ARGV[7]   for how long to keep the trip from now on, in seconds
-- ARGV[8]   the most segments a trip may hold
-- ARGV[9..] sequence, segment, sequence, segment, ...: each sequence once. A segment is "started-at:distance:duration"
--
-- Returns {'ok', distance, duration, segments, head} or {'conflict', sequence} or {'too-many-segments'}. The head is empty
-- when there is no bill.
--
-- The caller bounds quantities so that their sums stay below 2^53, where Lua's numbers are exact.

local trip = KEYS[3]
local new, distance, duration = {}, 0, 0

for i = 9, #ARGV, 2 do
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
local is_new = held == 0
if not is_new then
    -- The two sums, and where it was born. What an earlier release began does not say that.
    held = held - 2 - redis.call('HEXISTS', trip, 'born')
end
if held + #new > tonumber(ARGV[8]) then
    return { 'too-many-segments' }
end

-- Reading all that is going to be written finds out what is of another type before anything was.
local head = redis.call('HGET', KEYS[4], 'head')
local late = head and #new > 0
local was_due = ''
if late then
    redis.call('ZCARD', KEYS[5])
    was_due = string.sub(redis.call('HGET', KEYS[6], ARGV[6]) or '', 1, 12)
end

begin()
if #new > 0 then
    if is_new then
        redis.call('HSET', trip, 'born', born())
    end
    redis.call('HINCRBY', trip, 'distance', string.format('%.0f', distance))
    redis.call('HINCRBY', trip, 'duration', string.format('%.0f', duration))
    for _, i in ipairs(new) do
        redis.call('HSET', trip, ARGV[i], ARGV[i + 1])
    end
end
redis.call('EXPIRE', trip, ARGV[7])

if late then
    local now = string.format('%012.0f', tonumber(redis.call('TIME')[1]))
    if was_due ~= '' then
        redis.call('ZREM', KEYS[5], was_due .. ':' .. ARGV[6])
    end
    redis.call('ZADD', KEYS[5], 0, now .. ':' .. ARGV[6])
    redis.call('HSET', KEYS[6], ARGV[6], now .. ':' .. head .. ':late-segments')
end

local sums = redis.call('HMGET', trip, 'distance', 'duration')
return { 'ok', sums[1] or '0', sums[2] or '0', tostring(held + #new), head or '' }
